import type { Session } from 'chdb';
import { ClickHouseException } from './clickhouse-exception.ts';

export interface SessionRequest {
  readonly id: string;
  /** Seconds without a statement after which it is forgotten. */
  readonly timeoutSeconds: number;
  /** It must exist already. */
  readonly check: boolean;
}

interface Named {
  readonly session: Session;
  locked: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Sessions that a client named: settings and temporary tables stay between its requests, one request at a time. */
export class NamedSessions {
  readonly #named = new Map<string, Named>();

  constructor(
    private readonly connect: () => Session,
    private readonly max: number,
  ) {}

  /** The release keeps the session for its timeout. */
  take(request: SessionRequest): { readonly session: Session; readonly release: () => void } {
    let named = this.#named.get(request.id);
    if (named?.locked === true)
      throw new ClickHouseException(
        373,
        'SESSION_IS_LOCKED',
        `Session ${request.id} is locked by a concurrent client.`,
      );
    if (!named) {
      if (request.check) throw new ClickHouseException(372, 'SESSION_NOT_FOUND', `Session ${request.id} not found.`);
      if (this.#named.size >= this.max)
        throw new ClickHouseException(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', `Too many sessions. Maximum: ${this.max}.`);
      named = { session: this.connect(), locked: false, timer: undefined };
      this.#named.set(request.id, named);
    }
    clearTimeout(named.timer);
    named.locked = true;
    const taken = named;
    return { session: taken.session, release: () => this.#release(request, taken) };
  }

  close(): void {
    for (const { session, timer } of this.#named.values()) {
      clearTimeout(timer);
      session.close();
    }
    this.#named.clear();
  }

  #release(request: SessionRequest, named: Named): void {
    named.locked = false;
    clearTimeout(named.timer);
    named.timer = setTimeout(() => {
      this.#named.delete(request.id);
      named.session.close();
    }, request.timeoutSeconds * 1000);
    named.timer.unref();
  }
}
