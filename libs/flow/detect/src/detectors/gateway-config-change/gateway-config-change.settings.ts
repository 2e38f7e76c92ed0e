import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const ADMIN_GROUP_WORDS = [
  'admin',
  'admins',
  'administrator',
  'administrators',
  'superadmin',
  'superuser',
  'superusers',
  'sysadmin',
  'root',
  'owner',
  'owners',
  'privileged',
];

/** Weakening changes of a Kong's configuration. */
export const GatewayConfigChangeSettings = detectorSettings(
  {
    /** Time between two looks at plugins, services and routes; seconds. A look that takes long is made less often. */
    everySeconds: z.number().min(1).max(3_600).default(15),
    /** What looks weaker is looked at again after this, so that the middle of a deployment is not taken for its end; seconds. */
    settleSeconds: z.number().min(0).max(60).default(5),
    /** Members of ACL groups are read in each of this many looks. */
    groupsEveryLooks: z.number().int().min(1).max(1_000).default(20),
    /** Words in the name of an ACL group that make it an administrators' one; lower case. */
    adminGroupWords: z.array(z.string().min(1).max(50)).max(100).default(ADMIN_GROUP_WORDS),
    /** Times by which a rate limit must be raised. */
    limitFactor: z.number().min(1.5).max(1_000).default(10),
    /** Abuse on the same service or route within this time makes a change graver; further changes are told with it; minutes. */
    followMinutes: z.number().min(1).max(1_440).default(60),
  },
  60,
);
export type GatewayConfigChangeSettings = Readonly<z.infer<typeof GatewayConfigChangeSettings>>;
