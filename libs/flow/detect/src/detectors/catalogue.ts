import type { AlertType } from '@outrider/domain/detection/alert';
import type { DetectorDefinition } from '../engine/detector.ts';
import { AUTH_DETECTORS } from './groups/auth.group.ts';
import { AUTHORISATION_DETECTORS } from './groups/authorisation.group.ts';
import { CORE_DETECTORS } from './groups/core.group.ts';
import { GATEWAY_DETECTORS } from './groups/gateway.group.ts';
import { IDENTITY_DETECTORS } from './groups/identity.group.ts';
import { SCANNING_DETECTORS } from './groups/scanning.group.ts';
import { VOLUME_DETECTORS } from './groups/volume.group.ts';

/** Every detector that there is. */
export const CATALOGUE: readonly DetectorDefinition[] = [
  ...CORE_DETECTORS,
  ...AUTH_DETECTORS,
  ...IDENTITY_DETECTORS,
  ...AUTHORISATION_DETECTORS,
  ...VOLUME_DETECTORS,
  ...SCANNING_DETECTORS,
  ...GATEWAY_DETECTORS,
];

const BY_TYPE: ReadonlyMap<AlertType, DetectorDefinition> = new Map(CATALOGUE.map((one) => [one.type, one]));

export const detectorOf = (type: AlertType): DetectorDefinition | undefined => BY_TYPE.get(type);
