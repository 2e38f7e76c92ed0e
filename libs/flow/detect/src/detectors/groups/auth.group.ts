import type { DetectorDefinition } from '../../engine/detector.ts';

export const AUTH_DETECTORS: readonly DetectorDefinition[] = [];
