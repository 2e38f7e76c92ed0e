/** How the Admin API misbehaves, for tests of what calls it. Set from the program, never over HTTP. */
export type AdminFault = FaultKind & {
  /** Only these calls; all of them when absent. */
  readonly match?: (call: { readonly method: string; readonly path: string }) => boolean;
  /** How many calls it hits before it is over; until it is cleared when absent. */
  readonly times?: number;
  /** The call takes effect and only its answer is lost or wrong. */
  readonly applies?: boolean;
};

type FaultKind =
  /** Answers with this status. */
  | { readonly kind: 'status'; readonly status: number }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** Breaks the connection without an answer. */
  | { readonly kind: 'reset' }
  /** Does not listen at all; `match`, `times` and `applies` have no meaning here. */
  | { readonly kind: 'refuse' };

export class AdminFaults {
  private current: AdminFault | undefined;
  private left = 0;

  set(fault: AdminFault | undefined): void {
    this.current = fault;
    this.left = fault?.times ?? Number.POSITIVE_INFINITY;
  }

  /** The fault for this call, if any; counts it. */
  take(call: { readonly method: string; readonly path: string }): AdminFault | undefined {
    const fault = this.current;
    if (fault === undefined || this.left <= 0 || fault.match?.(call) === false) return undefined;
    this.left--;
    return fault;
  }
}
