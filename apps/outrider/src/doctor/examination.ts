/** One line of a doctor's report. */
export interface Symptom {
  readonly level: 'ok' | 'warn' | 'fail';
  readonly what: string;
  /** What to do about it; only where there is something to do. */
  readonly advice?: string;
}

export const ok = (what: string): Symptom => ({ level: 'ok', what });
export const warn = (what: string, advice: string): Symptom => ({ level: 'warn', what, advice });
export const fail = (what: string, advice: string): Symptom => ({ level: 'fail', what, advice });
