/** Bounds of what users write and of what their rules may hold. Times in ms, sizes in bytes. */
export const RULE_LIMITS = {
  fileBytes: 262_144,
  files: 1_000,
  rules: 1_000,
  documentsPerFile: 200,
  /** Characters of a regular expression, and of any other value. */
  patternLength: 1_024,
  valueLength: 1_024,
  /** Tests of a whole condition, and values of one test. */
  tests: 200,
  values: 1_000,
  depth: 16,
  steps: 8,
  atLeast: 1_000_000,
  /** Distinct values are held, counts are not. */
  atLeastDistinct: 10_000,
  atLeastStep: 100,
  minWindowMs: 10_000,
  maxWindowMs: 24 * 3_600_000,
  maxHistoryMs: 90 * 24 * 3_600_000,
} as const;

/** Bounds of a rule's memory. */
export const STATE_LIMITS = {
  /** Groups of one rule, and of all rules together. */
  groupsPerRule: 20_000,
  groups: 400_000,
  minGroupsPerRule: 1_000,
  /** Distinct values of one group's history, and values of all groups of a rule. */
  termsPerGroup: 1_000,
  valuesPerRule: 500_000,
  /** Characters of a value by which it is told from others. */
  valueLength: 256,
  /** Events that are kept of one step of a sequence, for one group. */
  stepEvents: 256,
  /** Unanswered first events of an absence rule, for one group. */
  pending: 16,
} as const;

/** A window is counted in this many parts, and slides by one part. */
export const PARTS = 60;
/** Least length of a part; ms. */
const MIN_PART_MS = 1_000;
const MAX_LATE_MS = 600_000;
const MIN_LATE_MS = 60_000;
/** What is decided by a part being over waits this long for its late events; ms. */
export const SETTLE_MS = 10_000;

/** Length of the parts that a window slides by; ms. The last part may reach beyond the window. */
export const partMsOf = (windowMs: number): number => Math.max(MIN_PART_MS, Math.ceil(windowMs / PARTS));

/** Parts that a window has. */
export const partsOf = (windowMs: number): number => Math.ceil(windowMs / partMsOf(windowMs));

/** How late after a group's newest event another may come and still count; ms. */
export const lateMsOf = (windowMs: number): number => Math.min(MAX_LATE_MS, Math.max(MIN_LATE_MS, windowMs));
