import type { DetectorDefinition } from '../../engine/detector.ts';

export const VOLUME_DETECTORS: readonly DetectorDefinition[] = [];
