import type { DetectorDefinition } from '../../engine/detector.ts';
import { automation } from '../automation/automation.definition.ts';
import { compositeRisk } from '../composite-risk/composite-risk.definition.ts';
import { controlPlaneAbuse } from '../control-plane-abuse/control-plane-abuse.definition.ts';
import { graphqlAbuse } from '../graphql-abuse/graphql-abuse.definition.ts';
import { injectionProbing } from '../injection-probing/injection-probing.definition.ts';
import { knownBadSource } from '../known-bad-source/known-bad-source.definition.ts';
import { scannerClient } from '../scanner-client/scanner-client.definition.ts';
import { sequenceAnomaly } from '../sequence-anomaly/sequence-anomaly.definition.ts';
import { shadowEndpoint } from '../shadow-endpoint/shadow-endpoint.definition.ts';
import { undocumentedParameter } from '../undocumented-parameter/undocumented-parameter.definition.ts';
import { zombieEndpoint } from '../zombie-endpoint/zombie-endpoint.definition.ts';

export const SCANNING_DETECTORS: readonly DetectorDefinition[] = [
  injectionProbing,
  scannerClient,
  knownBadSource,
  shadowEndpoint,
  zombieEndpoint,
  undocumentedParameter,
  graphqlAbuse,
  automation,
  sequenceAnomaly,
  controlPlaneAbuse,
  compositeRisk,
];
