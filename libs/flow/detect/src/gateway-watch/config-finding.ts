import type { Finding, Severity } from '@outrider/domain/detection/alert';
import { entityOf, severityOf, type Abuse, type RecentChanges } from '@outrider/domain/gateway/watch-memory';
import { eventsQuery } from '../engine/query-text.ts';

export const GATEWAY_CONFIG_CHANGE = 'gateway-config-change';
export const GATEWAY_CONFIG_CHANGE_VERSION = '1';
const MAX_NAMES = 10;

export interface ConfigFindingParts {
  readonly tenant: string;
  readonly gateway: string;
  readonly told: RecentChanges;
  /** Since when it may have happened, and when it was seen; ms since epoch. */
  readonly window: { readonly from: number; readonly to: number };
  /** Abuse that followed. */
  readonly abuse?: Abuse;
}

/** What became of an entity, as one finding: all its changes of the last while. No events stand behind it. */
export const configFinding = ({ tenant, gateway, told, window, abuse }: ConfigFindingParts): Finding => {
  const entity = entityOf(told);
  const severity = severityOf(told);
  const many = told.count > 1 ? `${told.count} changes` : 'a change';
  const texts = told.changes.map(({ text }, at) => (told.changes.length > 1 ? `(${at + 1}) ${text}` : text));
  const more = told.count > told.changes.length ? ` and ${told.count - told.changes.length} more` : '';
  const since = `between ${clock(Math.min(told.from, window.from))} and ${clock(window.to)}`;
  const after =
    abuse === undefined
      ? ''
      : ` Meanwhile ${abuse.type} is told of ${abuse.entity.kind} ${abuse.entity.name.slice(0, 100)}: what was opened is being used.`;
  return {
    tenant,
    gateway,
    type: GATEWAY_CONFIG_CHANGE,
    detectorVersion: GATEWAY_CONFIG_CHANGE_VERSION,
    entity: { ...entity, id: entity.id.slice(0, 512), name: entity.name.slice(0, 512) },
    severity: abuse === undefined ? severity : graver(severity),
    confidence: 0.9,
    detectedAt: window.to,
    window,
    // another metric when abuse followed: the graver explanation takes the place of the first
    observed: {
      metric: abuse === undefined ? 'changes' : 'changes followed by abuse',
      value: told.count,
      unit: 'changes',
    },
    expected: { low: 0, high: 0, mean: 0, n: 0, p: 1, warmUp: 'mature' },
    explanation: plain(`The configuration of gateway ${gateway} was weakened by ${many} ${since}, not by Outrider: ${texts.join('; ')}${more}.${after} Who did it stands in Kong's audit log, if it has one.`), // prettier-ignore
    samples: [],
    contributors: [],
    scope: {
      services: unique(told.changes.flatMap(({ services }) => services)),
      routes: unique(told.changes.flatMap(({ routes }) => routes)),
      endpoints: [],
      tags: [],
    },
    query: eventsQuery(tenant, entity, window),
    simulated: false,
  };
};

const graver = (severity: Severity): Severity => (severity === 'high' || severity === 'critical' ? 'critical' : 'high');

/** Names of groups may hold anything. */
const plain = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');

const unique = (names: readonly string[]): string[] => [...new Set(names)].slice(0, MAX_NAMES);

const clock = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
