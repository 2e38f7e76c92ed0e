/** One request as the generators think of it; entry.ts writes it as Kong would log it. */
export interface Call {
  /** ms since epoch. */
  readonly at: number;
  readonly caller: Caller;
  readonly address: string;
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly status: number;
  /** Kong itself answered. */
  readonly byKong?: boolean;
  readonly route: RouteName | undefined;
  readonly bytes: number;
  readonly latencyMs: number;
  /** A credential that Kong did not accept. */
  readonly badKey?: string;
}

export type RouteName = 'api' | 'login' | 'public';

export interface Caller {
  /** undefined: nobody that Kong knows. */
  readonly consumer?: {
    readonly id: string;
    readonly username: string;
    readonly credential: string;
    readonly key: string;
  };
  readonly userAgent: string;
}
