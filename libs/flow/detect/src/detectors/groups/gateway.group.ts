import type { DetectorDefinition } from '../../engine/detector.ts';
import { gatewayConfigChange } from '../gateway-config-change/gateway-config-change.definition.ts';

/** The gateway itself, rather than who calls through it. */
export const GATEWAY_DETECTORS: readonly DetectorDefinition[] = [gatewayConfigChange];
