import { randomBytes, randomUUID } from 'node:crypto';

/** Where time and randomness come from; a test injects its own and gets the same bytes each time. */
export interface Sources {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The id of an entity. */
  readonly generateId: () => string;
  /** A credential's key or secret when the caller gave none: 32 letters and digits. */
  readonly generateKey: () => string;
  /** A proxied request's id: 32 hexadecimal digits. */
  readonly generateRequestId: () => string;
}

export const systemSources: Sources = {
  now: Date.now,
  generateId: randomUUID,
  generateKey: () => randomBytes(32).toString('base64').replace(/[+/=]/g, '').padEnd(32, '0').slice(0, 32),
  generateRequestId: () => randomBytes(16).toString('hex'),
};
