import { AUTHENTICATION } from './authentication.ts';
import { AUTHORISATION } from './authorisation.ts';
import type { Attack } from './attack.ts';
import { IDENTITY } from './identity.ts';
import { PLATFORM } from './platform.ts';
import { PROBING } from './probing.ts';
import { VOLUME } from './volume.ts';

/** Every attack by its name: the slug it should raise, and a variant where there are several. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  ...VOLUME,
  ...AUTHENTICATION,
  ...IDENTITY,
  ...AUTHORISATION,
  ...PROBING,
  ...PLATFORM,
};
