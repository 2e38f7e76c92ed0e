/**
 * Method and path template. While `known` is false the template is provisional: it may change with the next answer. Once known it
 * stays, word for word, until `replacedBy` says otherwise (it turned out to be one value of a parameter, or the operator said so).
 */
export interface Endpoint {
  readonly method: string;
  readonly template: string;
  /** `GET /orders/{id}` */
  readonly key: string;
  readonly known: boolean;
  /** Answers below 400. */
  readonly successes: number;
  /** Event times, ms. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** Version of the templates at which it became known, was replaced, or was named anew by the operator; 0 while not known. */
  readonly changedIn: number;
}

export interface ReplacedEndpoint {
  readonly key: string;
  readonly replacedBy: string;
  readonly changedIn: number;
}

/** What one observation needs. */
export interface Observation {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Whoever called: only told apart, never kept. */
  readonly caller: string;
  /** Event time, ms. */
  readonly at: number;
  /** Successes alike that this stands for; default 1. `at` is that of the last one, and `firstAt` of the first. */
  readonly count?: number;
  readonly firstAt?: number;
}
