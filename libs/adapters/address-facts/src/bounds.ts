/** Bounds of what is read; beyond them a file is refused (bytes) or cut, which is told. */
export const MAX_DATABASE_BYTES = 2 * 1024 ** 3 - 1;
export const MAX_LIST_BYTES = 128 * 1024 ** 2;
export const MAX_LIST_LINES = 8_000_000;
/** Of all threat lists together, and of a CSV of facts. */
export const MAX_ENTRIES = 2_000_000;
/** A longer line is refused. */
export const MAX_LINE_CHARS = 4_096;
export const MAX_FILES_IN_FOLDER = 256;
/** Distinct list names in a CSV, and distinct records of a CSV of facts. */
export const MAX_NAMES = 10_000;
export const MAX_RECORDS = 1_000_000;
/** Lines between two turns of the event loop. */
export const LINES_A_TURN = 20_000;
