/** Where framing hands on what it found. `bytes[start, end)` is only valid during the call. */
export interface EntrySink {
  entry(bytes: Buffer, start: number, end: number): void;
  /** An entry over the bound was skipped to its end; `beginning` is at most KEPT_BEGINNING bytes of it. */
  tooLong(beginning: Buffer, totalBytes: number): void;
}

export const KEPT_BEGINNING = 4_096;
