/** Wall clock, so that tests own time. Event time never comes from here. */
export abstract class Clock {
  /** ms since epoch. */
  abstract now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
