import { isIP } from 'node:net';
import { isOurs, sharersOf } from '@outrider/domain/gateway/own-plugin';
import { PermanentError } from '@outrider/platform/errors';
import type { GatewayPlugin, NewPlugin } from '@outrider/ports/gateway-admin';
import type { EnforcementRecord } from '@outrider/ports/response-store';
import { fieldsOf, patchOf } from '../../plan/managed-fields.ts';
import { mergePlans, type Plan, type PlanInput } from '../../plan/plan.ts';
import { GLOBAL, isGlobal, scopeOf, scopeText } from '../../plan/plugin-scope.ts';
import { originalsOf } from '../../plan/saved-originals.ts';
import { planSlot, planUndo, restored, withFields, type PenaltyRule } from '../../plan/slot-plan.ts';
import type { ResponseAction } from '../action.ts';
import { listMatches } from './address-match.ts';

const NAME = 'ip-restriction';
/** Narrower restrictions that one enforcement may change. */
const MAX_NARROWER = 200;
const MAX_NAMED = 10;

const entries = (plugin: GatewayPlugin, list: 'allow' | 'deny'): readonly string[] => {
  const value = plugin.config[list];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
};

export const addressRule: PenaltyRule = {
  plugin: NAME,
  groups: { enabled: ['enabled'], allow: ['allow'], deny: ['deny'], answer: ['status', 'message'] },
  fields: (before, active) => {
    const addresses = [...new Set(active.map(({ entity }) => entity.id))];
    if (!before) return { enabled: true, allow: null, deny: addresses, status: 403, message: null };
    // Its lists are not in force: switching it on with them would shut out others.
    if (!before.enabled) return { enabled: true, allow: null, deny: addresses, status: 403, message: null };
    const own = entries(before, 'deny');
    const deny = [...own, ...addresses.filter((address) => !own.includes(address))];
    return { ...fieldsOf(before, addressRule.groups), deny };
  },
  without: (holder, original, known) => {
    const ours = oursIn(holder, known);
    const deny = entries(holder, 'deny').filter((entry) => !ours.has(entry));
    if (original.enabled) return withFields(holder, { deny: exactly(deny, original.config['deny']) });
    const back = restored(addressRule, holder, original);
    const left = entries(back, 'deny').filter((entry) => !ours.has(entry) || entries(original, 'deny').includes(entry));
    return withFields(back, { deny: exactly(left, original.config['deny']) });
  },
  remnant: (made, known) => {
    const ours = oursIn(made, known);
    const deny = entries(made, 'deny').filter((entry) => !ours.has(entry));
    return deny.length === 0 && entries(made, 'allow').length === 0 ? undefined : withFields(made, { deny });
  },
  merges: (original) => original.enabled,
  shares: (_record, other) => other.action.kind === 'block-address',
};

/** Entries that the known enforcements put there: what was in the list before them stays the operator's. */
const oursIn = (holder: GatewayPlugin, known: readonly EnforcementRecord[]): ReadonlySet<string> => {
  const sharers = sharersOf(holder);
  const mine = known.filter((record) => record.action.kind === 'block-address' && sharers.includes(record.id));
  const added = mine.filter((record) => {
    const original = originalsOf(record)[holder.id];
    return !original || !original.enabled || !entries(original, 'deny').includes(record.entity.id);
  });
  return new Set(added.map(({ entity }) => entity.id));
};

/** "Nothing in it" is null or [] to Kong: as it was before, if the content is. */
const exactly = (deny: readonly string[], original: unknown): unknown =>
  deny.length === 0 && !(Array.isArray(original) && original.length > 0) ? (original ?? null) : [...deny];

/**
 * Denies one client address on the whole gateway. Where a route, service or consumer has an ip-restriction of its own, that one applies in
 * place of the global one; the address is put into those too, unless their lists shut it out already.
 */
export const blockAddress: ResponseAction = {
  kind: 'block-address',
  needs: ['ip'],
  touches: [NAME],
  undoneBy:
    'Takes the address out of the lists again; deletes the global restriction when we made it and nobody is left in it.',
  example: { kind: 'block-address', durationSeconds: 3600 },
  plan: (input) => {
    if (isIP(input.record.entity.id) === 0)
      throw new PermanentError('block-address needs an IP address', 'bad-address');
    const narrower = narrowerOnes(input);
    const scopes = [GLOBAL, ...narrower.slice(0, MAX_NARROWER).map(scopeOf)];
    const plans = scopes.map((scope) => planSlot(addressRule, scope, input.record.id, input));
    const gaps = [...gapsOf(input), ...leftOut(narrower.slice(MAX_NARROWER))];
    return mergePlans([...plans, { writes: [], originals: {}, gaps }]);
  },
  undo: (input) => mergePlans([released(planUndo(addressRule, input), input), untagged(input)]),
  isThere: ({ state, record }) => state.plugins.some((p) => p.name === NAME && sharersOf(p).includes(record.id)),
};

/** Restrictions in force that take the global one's place for some requests, and would let the address through. */
const narrowerOnes = ({ state, record }: PlanInput): readonly GatewayPlugin[] =>
  state.plugins.filter((plugin) => {
    if (plugin.name !== NAME || !plugin.enabled || isGlobal(plugin)) return false;
    if (sharersOf(plugin).includes(record.id)) return true;
    const allow = entries(plugin, 'allow');
    const shutOut = allow.length > 0 && !listMatches(allow, record.entity.id);
    return !shutOut && !listMatches(entries(plugin, 'deny'), record.entity.id);
  });

const gapsOf = ({ state }: PlanInput): string[] => {
  const narrow = state.plugins.filter(
    (p) => p.name === NAME && p.enabled && !isOurs(p) && !p.protocols.includes('https'),
  );
  return [
    'Paths that match no route are still answered with 404.',
    ...(narrow.length === 0
      ? []
      : [
          `ip-restriction on ${narrow.slice(0, MAX_NAMED).map(scopeText).join(', ')} runs on ${narrow[0]?.protocols.join(', ') ?? ''} only.`,
        ]),
  ];
};

const leftOut = (plugins: readonly GatewayPlugin[]): string[] =>
  plugins.length === 0
    ? []
    : [
        `${plugins.length} further restrictions on routes, services or consumers were left as they are: the address passes there.`,
      ];

/**
 * The address leaves the list even where the rest of the plugin is kept as somebody made it; and where an operator emptied his own entries
 * meanwhile, both lists would be empty, which Kong refuses: then the plugin is switched off.
 */
const released = (plan: Plan, { state, record, others }: PlanInput): Plan => ({
  ...plan,
  writes: plan.writes.map((write) => {
    const holder = write.kind === 'patch' ? state.plugins.find(({ id }) => id === write.id) : undefined;
    if (write.kind !== 'patch' || !holder) return write;
    const address = record.entity.id;
    const after = { ...holder, config: { ...holder.config, ...write.change.config } };
    const goesOn = others.some((other) => other.entity.id === address && sharersOf(holder).includes(other.id));
    const original = originalsOf(record)[holder.id];
    const stays = goesOn || (original !== undefined && entries(original, 'deny').includes(address));
    const deny = entries(after, 'deny').filter((entry) => stays || entry !== address);
    if (deny.length === 0 && entries(after, 'allow').length === 0)
      return { ...write, change: switchedOff(write.change), why: `${write.why}: nothing is left in it, switched off` };
    if (deny.length === entries(after, 'deny').length) return write;
    return { ...write, change: { ...write.change, config: { ...write.change.config, deny } } };
  }),
});

const switchedOff = ({ tags }: Partial<NewPlugin>): Partial<NewPlugin> => ({
  enabled: false,
  ...(tags === undefined ? {} : { tags }),
});

/** Someone wrote the plugin anew without our tags but with our entry: the entry goes, the rest is his. */
const untagged = (input: PlanInput): Plan => {
  const { record, state, others } = input;
  const originals = originalsOf(record);
  const writes = state.plugins.flatMap((plugin) => {
    const original = originals[plugin.id];
    const address = record.entity.id;
    if (!original || sharersOf(plugin).includes(record.id) || !entries(plugin, 'deny').includes(address)) return [];
    if (entries(original, 'deny').includes(address)) return [];
    if (others.some((other) => other.entity.id === address && sharersOf(plugin).includes(other.id))) return [];
    const deny = entries(plugin, 'deny').filter((entry) => entry !== address);
    if (deny.length === 0 && entries(plugin, 'allow').length === 0) return [];
    const change = patchOf(fieldsOf(plugin, addressRule.groups), { ...fieldsOf(plugin, addressRule.groups), deny });
    return [{ kind: 'patch' as const, id: plugin.id, change, why: `our entry in ${NAME} on ${scopeText(plugin)}` }];
  });
  return { writes, originals: {}, gaps: [] };
};
