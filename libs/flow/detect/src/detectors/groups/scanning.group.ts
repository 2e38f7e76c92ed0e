import type { DetectorDefinition } from '../../engine/detector.ts';

export const SCANNING_DETECTORS: readonly DetectorDefinition[] = [];
