import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { numberAt, stringAt, type JsonObject } from '../json.ts';

/** As many sends at a time as Kong has timers for; more wait. */
const MAX_SENDING = 256;

interface Pool {
  readonly idle: Socket[];
  readonly waiting: { readonly config: JsonObject; readonly line: Buffer }[];
  sending: number;
}

/**
 * The tcp-log plugin: each entry and a line feed over a pooled connection.
 * No queue, no retry, nothing read back: what cannot be sent is dropped and counted.
 */
export class TcpLogShipper {
  sent = 0;
  dropped = 0;
  private readonly pools = new Map<string, Pool>();
  private readonly sockets = new Set<Socket>();
  private readonly quietListeners: (() => void)[] = [];

  ship(config: JsonObject, line: Buffer): void {
    const key = `${String(config['host'])}:${String(config['port'])}:${String(config['tls'])}:${String(config['tls_sni'])}`;
    const pool = this.pools.get(key) ?? { idle: [], waiting: [], sending: 0 };
    this.pools.set(key, pool);
    pool.waiting.push({ config, line });
    this.work(pool);
  }

  /** Resolves once everything handed over so far was sent or dropped. */
  async flushed(): Promise<void> {
    while (!this.isQuiet()) await new Promise<void>((resolve) => this.quietListeners.push(resolve));
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private work(pool: Pool): void {
    while (pool.sending < MAX_SENDING) {
      const next = pool.waiting.shift();
      if (next === undefined) return;
      pool.sending++;
      this.send(pool, next.config, next.line, (ok) => {
        pool.sending--;
        if (ok) this.sent++;
        else this.dropped++;
        this.work(pool);
        if (this.isQuiet()) for (const listener of this.quietListeners.splice(0)) listener();
      });
    }
  }

  private send(pool: Pool, config: JsonObject, line: Buffer, finished: (ok: boolean) => void): void {
    const reused = pool.idle.pop();
    const socket = reused ?? this.open(pool, config);
    let isOver = false;
    const over = (ok: boolean): void => {
      if (isOver) return;
      isOver = true;
      socket.off('error', onFailure).off('close', onFailure).off('timeout', onFailure);
      if (ok) this.release(pool, socket, numberAt(config, 'keepalive') ?? 60_000);
      else socket.destroy();
      finished(ok);
    };
    const onFailure = (): void => over(false);
    socket.on('error', onFailure).on('close', onFailure).on('timeout', onFailure);
    socket.setTimeout(numberAt(config, 'timeout') ?? 10_000);
    const write = (): void => void socket.write(Buffer.concat([line, Buffer.from('\n')]), (error) => over(!error));
    if (reused !== undefined) write();
    else socket.once(config['tls'] === true ? 'secureConnect' : 'connect', write);
  }

  private open(pool: Pool, config: JsonObject): Socket {
    const address = { host: stringAt(config, 'host') ?? '', port: numberAt(config, 'port') ?? 0 };
    const sni = stringAt(config, 'tls_sni');
    // Kong does not verify the collector's certificate either.
    const socket =
      config['tls'] === true
        ? connectTls({ ...address, rejectUnauthorized: false, ...(sni === undefined ? {} : { servername: sni }) })
        : connect(address);
    socket.setNoDelay(true);
    // Outside of a send an error only means that the connection is gone.
    socket.on('error', () => socket.destroy());
    const forget = (): void => {
      const at = pool.idle.indexOf(socket);
      if (at >= 0) pool.idle.splice(at, 1);
      this.sockets.delete(socket);
    };
    socket.on('close', forget).on('end', forget);
    socket.on('timeout', () => socket.destroy());
    // What a collector might say is not read, but must not fill the buffer.
    socket.resume();
    this.sockets.add(socket);
    return socket;
  }

  private release(pool: Pool, socket: Socket, keepaliveMs: number): void {
    if (socket.destroyed) return;
    pool.idle.push(socket);
    socket.setTimeout(keepaliveMs);
  }

  private isQuiet(): boolean {
    return [...this.pools.values()].every((pool) => pool.sending === 0 && pool.waiting.length === 0);
  }
}
