import type { DetectorDefinition } from '../../engine/detector.ts';

export const AUTHORISATION_DETECTORS: readonly DetectorDefinition[] = [];
