import { parseIp } from '@outrider/domain/traffic/ip-address';
import type { Clock } from '@outrider/ports/clock';

export interface AttemptLimits {
  /** Failures an address may make at once. */
  readonly burst: number;
  /** After that, one more each so many ms. */
  readonly refillMs: number;
  /** Addresses remembered; the one that failed longest ago is forgotten first. */
  readonly addresses: number;
}

export const ATTEMPT_LIMITS: AttemptLimits = { burst: 10, refillMs: 6_000, addresses: 10_000 };

/** Counts failed authentications by address: a leaky bucket each. An IPv6 client owns its /64, so that is the address. */
export class FailedAttempts {
  readonly #levels = new Map<string, { level: number; at: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly limits: AttemptLimits = ATTEMPT_LIMITS,
  ) {}

  /** 0 = may try; else seconds to wait. */
  waitSeconds(address: string): number {
    const level = this.#level(keyOf(address));
    return level < this.limits.burst
      ? 0
      : Math.max(1, Math.ceil(((level - this.limits.burst + 1) * this.limits.refillMs) / 1_000));
  }

  failed(address: string): void {
    const key = keyOf(address);
    const level = Math.min(this.limits.burst, this.#level(key) + 1);
    this.#levels.delete(key);
    this.#levels.set(key, { level, at: this.clock.now() });
    if (this.#levels.size <= this.limits.addresses) return;
    const oldest = this.#levels.keys().next().value;
    if (oldest !== undefined) this.#levels.delete(oldest);
  }

  #level(key: string): number {
    const entry = this.#levels.get(key);
    if (!entry) return 0;
    return Math.max(0, entry.level - Math.max(0, this.clock.now() - entry.at) / this.limits.refillMs);
  }
}

/** IPv4 as it is; IPv6 by its first 64 bits, which one client owns. */
const keyOf = (address: string): string => {
  const bytes = parseIp(address.split('%', 1)[0] ?? '');
  return bytes ? (bytes.length === 4 ? bytes : bytes.slice(0, 8)).join('.') : address.slice(0, 64);
};
