import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { CallerError, PermanentError } from '@outrider/platform/errors';

export interface Sealed {
  readonly keyId: string;
  /** Nonce (12 bytes), tag (16), ciphertext. */
  readonly sealed: Uint8Array<ArrayBuffer>;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM under keys from the settings. The first key seals; all of them open, so that a key can be replaced. What is sealed is bound
 * to its `context` (the row it belongs to): moved to another row it does not open.
 */
export class SecretSealer {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #current: { readonly id: string; readonly key: Buffer };

  constructor(keys: readonly [Buffer, ...Buffer[]]) {
    for (const key of keys)
      if (key.length !== KEY_BYTES)
        throw new CallerError(`a sealing key has ${KEY_BYTES} bytes, not ${key.length}`, 'sealing-key');
    this.#keys = new Map(keys.map((key) => [idOf(key), key]));
    this.#current = { id: idOf(keys[0]), key: keys[0] };
  }

  seal(secret: Buffer, context: string): Sealed {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#current.key, nonce).setAAD(Buffer.from(context));
    const text = Buffer.concat([cipher.update(secret), cipher.final()]);
    return { keyId: this.#current.id, sealed: Uint8Array.from(Buffer.concat([nonce, cipher.getAuthTag(), text])) };
  }

  /** PermanentError when the key is not among ours, or the row was changed. */
  open({ keyId, sealed }: { readonly keyId: string; readonly sealed: Uint8Array }, context: string): Buffer {
    const key = this.#keys.get(keyId);
    if (!key)
      throw new PermanentError(`a secret is sealed with key ${keyId}, which is not in the settings`, 'sealing-key');
    const bytes = Buffer.from(sealed);
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(context))
      .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    } catch (error) {
      throw new PermanentError('a sealed secret does not open: it was changed, or belongs to another row', 'sealing', {
        cause: error,
      });
    }
  }
}

/** Names a key without telling anything of it. */
const idOf = (key: Buffer): string =>
  createHash('sha256').update('outrider.sealing-key:').update(key).digest('hex').slice(0, 16);
