import type { DetectorDefinition } from '../../engine/detector.ts';
import { credentialSharing } from '../credential-sharing/credential-sharing.definition.ts';
import { dormantCredential } from '../dormant-credential/dormant-credential.definition.ts';
import { impossibleTravel } from '../impossible-travel/impossible-travel.definition.ts';
import { leakedCredential } from '../leaked-credential/leaked-credential.definition.ts';
import { newClient } from '../new-client/new-client.definition.ts';
import { newOrigin } from '../new-origin/new-origin.definition.ts';
import { offHours } from '../off-hours/off-hours.definition.ts';
import { sharedFingerprint } from '../shared-fingerprint/shared-fingerprint.definition.ts';

export const IDENTITY_DETECTORS: readonly DetectorDefinition[] = [
  credentialSharing,
  newOrigin,
  newClient,
  leakedCredential,
  impossibleTravel,
  dormantCredential,
  offHours,
  sharedFingerprint,
];
