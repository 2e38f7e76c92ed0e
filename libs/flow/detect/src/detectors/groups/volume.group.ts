import type { DetectorDefinition } from '../../engine/detector.ts';
import { distributedFlood } from '../distributed-flood/distributed-flood.definition.ts';
import { latencyAmplification } from '../latency-amplification/latency-amplification.definition.ts';
import { logLoss } from '../log-loss/log-loss.definition.ts';
import { oversizedPayload } from '../oversized-payload/oversized-payload.definition.ts';
import { rateLimitEvasion } from '../rate-limit-evasion/rate-limit-evasion.definition.ts';
import { sensitiveFlowAbuse } from '../sensitive-flow-abuse/sensitive-flow-abuse.definition.ts';
import { silentSource } from '../silent-source/silent-source.definition.ts';
import { trafficDrop } from '../traffic-drop/traffic-drop.definition.ts';

export const VOLUME_DETECTORS: readonly DetectorDefinition[] = [
  distributedFlood,
  trafficDrop,
  latencyAmplification,
  sensitiveFlowAbuse,
  rateLimitEvasion,
  oversizedPayload,
  silentSource,
  logLoss,
];
