import type {
  DetectorDetail,
  DetectorView,
  OverrideBody,
  ScopeQuery,
} from '@outrider/contracts/http/detection-controls';
import type { Principal } from '@outrider/domain/access/principal';
import { BuiltinAlertType, type AlertType } from '@outrider/domain/detection/alert';
import type { ControlScope, DetectorOverride } from '@outrider/domain/detection/detection-control';
import type { DetectorFacts } from '@outrider/domain/detection/detector-facts';
import { CallerError, ConflictError } from '@outrider/platform/errors';
import type { DetectionControlStore } from '@outrider/ports/detection-control-store';
import type { DetectorGuide } from '@outrider/ports/detector-guide';
import { InvalidInput } from '../http/problem.ts';
import { found } from '../missing.ts';

/** Detectors as a tenant has them, and decisions about them. */
export class DetectorDesk {
  constructor(
    private readonly guide: DetectorGuide,
    private readonly store: DetectionControlStore,
  ) {}

  async list(tenant: string): Promise<readonly DetectorView[]> {
    const overrides = await this.store.overrides(tenant);
    const rules = [...new Set(overrides.map(({ type }) => type).filter(isRule))];
    return [
      ...this.guide.list().map((facts) => this.#view(facts, overrides)),
      ...rules.map((type) => ruleView(type, overrides)),
    ];
  }

  /** A rule is known here only by what was decided about it. */
  async one(tenant: string, type: AlertType): Promise<DetectorDetail | undefined> {
    const overrides = await this.store.overrides(tenant);
    const facts = this.guide.list().find((one) => one.type === type);
    if (facts) return { ...this.#view(facts, overrides), facts };
    return isRule(type) && overrides.some((one) => one.type === type)
      ? { ...ruleView(type, overrides), facts: null }
      : undefined;
  }

  async override(
    { tenant, name }: Principal,
    type: AlertType,
    scope: ScopeQuery,
    { state, settings, reason }: OverrideBody,
  ): Promise<DetectorOverride> {
    const problems = isRule(type)
      ? Object.keys(settings).map((key) => ({
          path: `settings.${key}`,
          message: 'a rule is changed in its file; it can be off, simulated or on here',
        }))
      : this.guide.problems(this.#builtin(type), settings);
    if (problems.length > 0) throw new InvalidInput(problems);
    try {
      return await this.store.putOverride(tenant, { type, ...scopeOf(scope), state, settings, reason }, name);
    } catch (error) {
      throw error instanceof ConflictError ? new CallerError(error.message, 'too-many', 409, { cause: error }) : error;
    }
  }

  restore({ tenant, name }: Principal, type: AlertType, scope: ScopeQuery): Promise<boolean> {
    return this.store.removeOverride(tenant, type, scopeOf(scope), name);
  }

  #builtin(type: AlertType): BuiltinAlertType {
    return found(this.guide.list().find((one) => one.type === type)?.type, 'detector');
  }

  #view(facts: DetectorFacts, all: readonly DetectorOverride[]): DetectorView {
    const { type, title, summary, owasp, attack } = facts;
    const overrides = all.filter((one) => one.type === type);
    const wide = overrides.find(isWide);
    const settings = this.guide.inForce(type, wide ? [wide.settings] : []);
    return { type, title, summary, owasp, attack, state: wide?.state ?? 'on', settings: jsonOf(settings), overrides };
  }
}

const isRule = (type: AlertType): boolean => !BuiltinAlertType.safeParse(type).success;
const isWide = ({ service, route }: ControlScope): boolean => service === '' && route === '';
const scopeOf = ({ service = '', route = '' }: ScopeQuery): ControlScope => ({ service, route });

const ruleView = (type: AlertType, all: readonly DetectorOverride[]): DetectorView => {
  const overrides = all.filter((one) => one.type === type);
  const state = overrides.find(isWide)?.state ?? 'on';
  const title = `rule ${type.slice('rule:'.length)}`;
  return { type, title, summary: 'one of your own rules', owasp: [], attack: [], state, settings: {}, overrides };
};

/** Settings are what a schema made of JSON. */
const jsonOf = (settings: Readonly<Record<string, unknown>>): DetectorView['settings'] =>
  settings as DetectorView['settings'];
