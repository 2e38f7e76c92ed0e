/** Bounds of the HTTP surface. */
export const HTTP_LIMITS = {
  bodyBytes: 256 * 1024,
  /** To receive the whole request. */
  requestTimeoutMs: 15_000,
  /** To answer it. */
  answerTimeoutMs: 30_000,
  keepAliveMs: 65_000,
  /** Of one path parameter, encoded. */
  paramChars: 1_600,
  /** Errors listed in one problem. */
  listedErrors: 20,
  /** The longest list of a detector’s settings is told whole. */
  messageChars: 1_000,
} as const;
