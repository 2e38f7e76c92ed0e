import type { Socket } from 'node:net';
import type { Logger } from '@outrider/platform/logger';
import type { GatewayContext } from '../entry/gateway-context.ts';
import type { Transport } from '../entry/outcome.ts';
import { LogConnection, type ConnectionParts } from './log-connection.ts';

export interface PoolSettings {
  readonly idleMs: number;
  readonly drainMs: number;
}

/** Quiet for this long after we stopped accepting: the sender had nothing more under way. */
const QUIET_MS = 100;

/** The open connections of all listeners: paused together while the bus is behind, drained together on stop. */
export class ConnectionPool {
  readonly #open = new Set<LogConnection>();
  #paused = false;

  constructor(
    private readonly parts: ConnectionParts & { readonly log: Logger },
    private readonly settings: PoolSettings,
  ) {
    this.#paused = parts.publisher.isFull;
    parts.publisher.onPressure((full) => this.#pressure(full));
  }

  add(socket: Socket, from: GatewayContext, transport: Transport): void {
    const connection = new LogConnection(socket, from, transport, this.parts);
    this.#open.add(connection);
    socket.setKeepAlive(true, 60_000);
    socket.setTimeout(this.settings.idleMs);
    socket.on('timeout', () => {
      // A connection that we do not read is not idle.
      if (!this.#paused) socket.destroy();
    });
    socket.on('error', (error) => this.parts.log.debug({ err: error, gateway: from.gateway }, 'connection failed'));
    socket.once('close', () => this.#open.delete(connection));
    // Half-closed by the sender: everything was read, so we close too.
    socket.once('end', () => socket.end());
    if (this.#paused) socket.pause();
  }

  get size(): number {
    return this.#open.size;
  }

  /** Reads on until every connection is quiet (what was sent is in the kernel's buffers), then closes; bounded by `drainMs`. */
  async drain(): Promise<void> {
    const from = performance.now();
    const until = from + this.settings.drainMs;
    for (const { socket } of this.#open) if (!socket.writableEnded) socket.end();
    while (this.#open.size > 0 && performance.now() < until && !this.#isQuietSince(from))
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS / 4));
    const closed = [...this.#open].map(
      ({ socket }) =>
        new Promise<void>((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve()))),
    );
    for (const { socket } of this.#open) socket.destroy();
    await Promise.all(closed);
  }

  #isQuietSince(from: number): boolean {
    if (this.#paused) return false;
    let last = from;
    for (const connection of this.#open) last = Math.max(last, connection.lastByteAt);
    return performance.now() - last >= QUIET_MS;
  }

  #pressure(full: boolean): void {
    this.#paused = full;
    for (const { socket } of this.#open) {
      if (full) socket.pause();
      else {
        // The idle time begins anew: while paused it may have run out unheeded.
        socket.setTimeout(this.settings.idleMs);
        socket.resume();
      }
    }
  }
}
