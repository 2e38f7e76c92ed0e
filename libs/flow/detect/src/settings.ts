import * as z from 'zod';
import { CATALOGUE } from './detectors/catalogue.ts';
import type { DetectorDefinition, DetectorSettings } from './engine/detector.ts';

const DEFAULT_HEALTH_PATHS = ['/health', '/healthz', '/livez', '/readyz', '/ready', '/ping', '/status', '/_health'];
const DEFAULT_HEALTH_AGENTS = [
  'kube-probe',
  'elb-healthchecker',
  'googlehc',
  'uptimerobot',
  'pingdom',
  'consul health check',
  'blackbox-exporter',
];

/** Everything that can be set about detection, with units and bounds. */
export const DetectSettings = z.object({
  /** Callers whose short windows are held in memory; about 0.6 KB each. Beyond it the least recently seen goes, counted. */
  maxCallers: z.number().int().min(100).max(5_000_000).default(1_000_000),
  /** Callers that a detector keeps something of: recent failures, walks, habits; together some 10 KB each, fewer where it needs more. */
  maxFailingCallers: z.number().int().min(100).max(1_000_000).default(50_000),
  /** Consumers and credentials that are remembered for long; mostly about 3 KB each. */
  maxProfiles: z.number().int().min(100).max(2_000_000).default(100_000),
  /** Endpoints that work; about 0.5 KB each. */
  maxEndpoints: z.number().int().min(100).max(1_000_000).default(100_000),
  /** Callers whose baseline is held in memory; up to 64 KB each after two weeks, far less before. */
  maxBaselines: z.number().int().min(10).max(100_000).default(4_000),
  /** Events this far behind the newest of their lane are stored but not observed; ms. */
  maxLateMs: z.number().int().min(60_000).max(600_000).default(600_000),
  /** Paths that are health checks: exact, lower case. */
  healthPaths: z.array(z.string().max(200)).max(100).default(DEFAULT_HEALTH_PATHS),
  /** User agents of health checkers: lower-case beginnings. */
  healthAgents: z.array(z.string().max(200)).max(100).default(DEFAULT_HEALTH_AGENTS),
  /** Of each detector, by the slug of its type. */
  detectors: z
    .strictObject(Object.fromEntries(CATALOGUE.map(({ type, settings }) => [type, settings.prefault({})])))
    .prefault({}),
});
export type DetectSettings = Readonly<z.infer<typeof DetectSettings>>;

/** What a detector is set to. */
export const settingsOf = <S extends DetectorSettings>(
  settings: DetectSettings,
  { type }: Pick<DetectorDefinition, 'type'> & { readonly settings: z.ZodType<S> },
): S => {
  const found = settings.detectors[type];
  if (!found) throw new Error(`no settings of ${type}`);
  // parsed by the definition's own schema, above
  return found as S;
};
