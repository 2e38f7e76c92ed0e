import type { DetectorDefinition } from '../../engine/detector.ts';
import { ACCOUNT_TAKEOVER } from '../account-takeover/account-takeover.definition.ts';
import { ANONYMOUS_ACCESS } from '../anonymous-access/anonymous-access.definition.ts';
import { CREDENTIAL_STUFFING } from '../credential-stuffing/credential-stuffing.definition.ts';
import { REVOKED_CREDENTIAL } from '../revoked-credential/revoked-credential.definition.ts';

export const AUTH_DETECTORS: readonly DetectorDefinition[] = [
  CREDENTIAL_STUFFING,
  ACCOUNT_TAKEOVER,
  ANONYMOUS_ACCESS,
  REVOKED_CREDENTIAL,
];
