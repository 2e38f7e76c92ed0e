import { isOurs, sharersOf } from '@outrider/domain/gateway/own-plugin';
import type { GatewayPlugin, NewPlugin, PluginScope } from '@outrider/ports/gateway-admin';
import type { EnforcementRecord } from '@outrider/ports/response-store';
import {
  configOf,
  driftedGroups,
  fieldOf,
  fieldsOf,
  patchOf,
  printFor,
  sameFields,
  type FieldGroups,
  type Fields,
} from './managed-fields.ts';
import { enforcementTag, foreignTags, isMadeByUs, ourTags, sameTags } from './ownership.ts';
import type { GatewayState, Plan, PlanInput, PluginWrite } from './plan.ts';
import { holderOf, scopeText } from './plugin-scope.ts';
import { originalsOf, snapshotOf } from './saved-originals.ts';

/** How one kind of plugin serves as a penalty. All functions are pure. */
export interface PenaltyRule {
  readonly plugin: string;
  readonly groups: FieldGroups;
  /**
   * The managed fields that make the penalty of `active` (never empty) stand in `scope`, where `before` is what would stand there
   * without us (undefined: nothing).
   */
  fields(
    before: GatewayPlugin | undefined,
    active: readonly EnforcementRecord[],
    scope: PluginScope,
    state: GatewayState,
  ): Fields;
  /** Config of a plugin that we make, beside the fields: taken over at its making, not looked at later. */
  extraConfig?(scope: PluginScope, state: GatewayState): Readonly<Record<string, unknown>>;
  /** What the plugin would be without us; the default restores group by group and keeps what an operator changed. */
  without?(plugin: GatewayPlugin, original: GatewayPlugin, known: readonly EnforcementRecord[]): GatewayPlugin;
  /** What an operator put into a plugin that we made; undefined when there is nothing of his. */
  remnant?(made: GatewayPlugin, known: readonly EnforcementRecord[]): GatewayPlugin | undefined;
  /** Whether our part is only added to what the operator has, so that his changes beside it do not matter. */
  merges?(original: GatewayPlugin): boolean;
  /** Which enforcements may share a plugin with `record`. */
  shares(record: EnforcementRecord, other: EnforcementRecord): boolean;
}

/** Makes the penalty of the record (and of those that share the slot) stand in one scope. `madeId` names the plugin if it must be made. */
export const planSlot = (
  rule: PenaltyRule,
  scope: PluginScope,
  madeId: string,
  input: PlanInput,
  optional = false,
): Plan => {
  const { record, state } = input;
  const holder = holderOf(state.plugins, rule.plugin, scope);
  const active = [record, ...activeOthers(rule, holder, input)].sort(byAge);
  const sharers = [...active.map(({ id }) => id), ...(holder ? strangers(holder, input) : [])];
  if (!holder) {
    const plugin = madePlugin(rule, scope, madeId, active, state);
    return { writes: [{ kind: 'put', plugin, why: `${rule.plugin} on ${scopeText(scope)}` }], originals: {}, gaps: [] };
  }
  if (isMadeByUs(holder)) {
    const fields = rule.fields(rule.remnant?.(holder, knownTo(input)), active, scope, state);
    const tags = ourTags({ foreign: foreignTags(holder), made: true, sharers, print: printFor(fields, rule.groups) });
    return planOf(patched(holder, fields, tags, rule, `${rule.plugin} on ${scopeText(scope)}, which we made before`));
  }
  const before = withoutUs(rule, holder, input);
  const fields = rule.fields(before, active, scope, state);
  if (optional && !isOurs(holder) && sameFields(fieldsOf(holder, rule.groups), fields)) return planOf([]);
  const tags = ourTags({ foreign: foreignTags(holder), made: false, sharers, print: printFor(fields, rule.groups) });
  const why = `the operator's own ${rule.plugin} on ${scopeText(scope)}, saved and changed in place`;
  return { writes: patched(holder, fields, tags, rule, why), originals: { [holder.id]: snapshotOf(before) }, gaps: [] };
};

/** Takes the record's share out of every plugin that has it; what nobody else holds is deleted or restored. */
export const planUndo = (rule: PenaltyRule, input: PlanInput): Plan => {
  const { record, state } = input;
  const mine = state.plugins.filter((plugin) => plugin.name === rule.plugin && sharersOf(plugin).includes(record.id));
  const plans = mine.map((holder) =>
    isMadeByUs(holder) ? undoMade(rule, holder, input) : undoBorrowed(rule, holder, input),
  );
  return {
    writes: plans.flatMap(({ writes }) => writes),
    originals: {},
    gaps: plans.flatMap(({ gaps }) => gaps),
  };
};

const undoMade = (rule: PenaltyRule, holder: GatewayPlugin, input: PlanInput): Plan => {
  const active = remaining(rule, holder, input);
  const remnant = rule.remnant?.(holder, knownTo(input));
  if (active.length > 0)
    return retarget(rule, holder, { before: remnant, made: true, merges: remnant !== undefined }, active, input);
  if (strangers(holder, input).length > 0) return onlyOurTag(holder, input, `${rule.plugin}: others are held to it`);
  if (!remnant)
    return planOf([{ kind: 'delete', id: holder.id, why: `${rule.plugin} on ${scopeText(holder)} is over` }]);
  const change = {
    ...patchOf(fieldsOf(holder, rule.groups), fieldsOf(remnant, rule.groups)),
    tags: tagsWithout(holder, null),
  };
  return planOf([
    {
      kind: 'patch',
      id: holder.id,
      change,
      why: `${rule.plugin} on ${scopeText(holder)}: what an operator put in stays`,
    },
  ]);
};

const undoBorrowed = (rule: PenaltyRule, holder: GatewayPlugin, input: PlanInput): Plan => {
  const original = originalOf(holder, input);
  const active = remaining(rule, holder, input);
  const others = active.length > 0 || strangers(holder, input).length > 0;
  if (!original) {
    const rest = (holder.tags ?? []).filter((tag) => tag !== enforcementTag(input.record.id));
    const tags = others ? rest : tagsWithout(holder, null);
    const gap = `${rule.plugin} on ${scopeText(holder)} was changed by us, but what stood before is not known: look at it by hand.`;
    return {
      writes: [{ kind: 'patch', id: holder.id, change: { tags }, why: 'our tags' }],
      originals: {},
      gaps: [gap],
    };
  }
  const before = withoutUs(rule, holder, input);
  const merges = rule.merges?.(original) === true;
  if (active.length > 0) return retarget(rule, holder, { before, made: false, merges }, active, input);
  if (others) return onlyOurTag(holder, input, `${rule.plugin}: others are held to it`);
  const change = {
    ...patchOf(fieldsOf(holder, rule.groups), fieldsOf(before, rule.groups)),
    tags: before.tags,
  };
  const drifted = merges ? [] : driftedGroups(holder, rule.groups);
  const why = `the operator's own ${rule.plugin} on ${scopeText(holder)}, restored`;
  return {
    writes: [{ kind: 'patch', id: holder.id, change, why }],
    originals: {},
    gaps: driftGap(rule, holder, drifted),
  };
};

/** Others still hold it: their penalty alone. What an operator changed meanwhile is left as he made it. */
const retarget = (
  rule: PenaltyRule,
  holder: GatewayPlugin,
  base: { readonly before: GatewayPlugin | undefined; readonly made: boolean; readonly merges: boolean },
  active: readonly EnforcementRecord[],
  input: PlanInput,
): Plan => {
  const drifted = base.merges ? [] : driftedGroups(holder, rule.groups);
  if (drifted.length > 0)
    return { ...onlyOurTag(holder, input, 'it was changed by hand'), gaps: driftGap(rule, holder, drifted) };
  const fields = rule.fields(base.before, active, holder, input.state);
  const tags = ourTags({
    foreign: foreignTags(holder),
    made: base.made,
    sharers: [...active.map(({ id }) => id), ...strangers(holder, input)],
    print: printFor(fields, rule.groups),
  });
  return planOf(patched(holder, fields, tags, rule, `${rule.plugin} on ${scopeText(holder)}, for those that go on`));
};

const onlyOurTag = (holder: GatewayPlugin, { record }: PlanInput, why: string): Plan => {
  const tags = (holder.tags ?? []).filter((tag) => tag !== enforcementTag(record.id));
  return planOf([{ kind: 'patch', id: holder.id, change: { tags }, why: `only our tag; ${why}` }]);
};

const knownTo = ({ record, others }: PlanInput): readonly EnforcementRecord[] => [record, ...others];

/** Sharers of which no row is at hand: theirs is not touched; the sweep sees to them. */
const strangers = (holder: GatewayPlugin, input: PlanInput): readonly string[] => {
  const known = new Set(knownTo(input).map(({ id }) => id));
  return sharersOf(holder).filter((id) => !known.has(id));
};

/** Those of the others whose penalty stands, or is just being made to stand, in this plugin. */
const activeOthers = (rule: PenaltyRule, holder: GatewayPlugin | undefined, input: PlanInput): EnforcementRecord[] => {
  const sharers = holder ? sharersOf(holder) : [];
  return input.others.filter((other) => {
    if (!rule.shares(input.record, other)) return false;
    if (sharers.includes(other.id)) return other.state !== 'lifting';
    return false;
  });
};

const remaining = (rule: PenaltyRule, holder: GatewayPlugin, input: PlanInput): EnforcementRecord[] =>
  activeOthers(rule, holder, input).sort(byAge);

const byAge = (a: EnforcementRecord, b: EnforcementRecord): number =>
  a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);

/** What the rows say stood before; the newest holder's copy, which has seen the most. */
const originalOf = (holder: GatewayPlugin, { record, others }: PlanInput): GatewayPlugin | undefined => {
  const holders = [record, ...others].sort((a, b) => byAge(b, a));
  for (const row of holders) {
    const original = originalsOf(row)[holder.id];
    if (original) return original;
  }
  return undefined;
};

export const withoutUs = (rule: PenaltyRule, holder: GatewayPlugin, input: PlanInput): GatewayPlugin => {
  if (!isOurs(holder)) return holder;
  const original = originalOf(holder, input);
  if (!original) return { ...holder, tags: tagsWithout(holder, null) };
  const tags = tagsWithout(holder, original.tags);
  if (rule.without) return { ...rule.without(holder, original, knownTo(input)), tags };
  return { ...restored(rule, holder, original), tags };
};

/** Group by group: ours gives way to what stood before, an operator's own later change stays. */
export const restored = (
  rule: Pick<PenaltyRule, 'groups'>,
  holder: GatewayPlugin,
  original: GatewayPlugin,
): GatewayPlugin => {
  const drifted = new Set(driftedGroups(holder, rule.groups));
  const fields: Record<string, unknown> = {};
  for (const [name, group] of Object.entries(rule.groups))
    for (const field of group) fields[field] = fieldOf(drifted.has(name) ? holder : original, field);
  return withFields(holder, fields);
};

export const withFields = (plugin: GatewayPlugin, fields: Fields): GatewayPlugin => {
  const { enabled, protocols, ...config } = fields;
  return {
    ...plugin,
    enabled: typeof enabled === 'boolean' ? enabled : plugin.enabled,
    protocols: Array.isArray(protocols) ? (protocols as string[]) : plugin.protocols,
    config: { ...plugin.config, ...config },
  };
};

const tagsWithout = (holder: GatewayPlugin, original: readonly string[] | null): readonly string[] | null => {
  const foreign = foreignTags(holder);
  return sameTags(foreign, original) ? original : foreign.length === 0 ? null : foreign;
};

const madePlugin = (
  rule: PenaltyRule,
  scope: PluginScope,
  id: string,
  active: readonly EnforcementRecord[],
  state: GatewayState,
): NewPlugin => {
  const fields = rule.fields(undefined, active, scope, state);
  const sharers = active.map((record) => record.id);
  const { protocols } = fields;
  return {
    id,
    name: rule.plugin,
    ...scope,
    enabled: true,
    ...(Array.isArray(protocols) ? { protocols: protocols as string[] } : {}),
    tags: ourTags({ foreign: [], made: true, sharers, print: printFor(fields, rule.groups) }),
    config: { ...rule.extraConfig?.(scope, state), ...configOf(fields) },
  };
};

const patched = (
  holder: GatewayPlugin,
  fields: Fields,
  tags: string[],
  rule: PenaltyRule,
  why: string,
): PluginWrite[] => {
  const change = patchOf(fieldsOf(holder, rule.groups), fields);
  const same = sameFields(fieldsOf(holder, rule.groups), fields) && sameTags(holder.tags, tags);
  return same ? [] : [{ kind: 'patch', id: holder.id, change: { ...change, tags }, why }];
};

const planOf = (writes: readonly PluginWrite[]): Plan => ({ writes, originals: {}, gaps: [] });

const driftGap = (rule: PenaltyRule, holder: GatewayPlugin, drifted: readonly string[]): string[] =>
  drifted.length === 0
    ? []
    : [`${rule.plugin} on ${scopeText(holder)} was changed by hand meanwhile (${drifted.join(', ')}): that was kept.`];
