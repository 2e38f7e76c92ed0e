import type { DetectorDefinition } from '../../engine/detector.ts';

export const IDENTITY_DETECTORS: readonly DetectorDefinition[] = [];
