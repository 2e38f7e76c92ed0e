import { createHash } from 'node:crypto';

/** Kong stores basic-auth passwords as SHA-1 of password and consumer id. */
export const passwordHash = (password: string, consumerId: string): string =>
  createHash('sha1').update(password).update(consumerId).digest('hex');
