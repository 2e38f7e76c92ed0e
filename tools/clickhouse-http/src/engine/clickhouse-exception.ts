/** A refusal in ClickHouse's words: `code` is its number, `type` its name. */
export class ClickHouseException extends Error {
  override readonly name = 'ClickHouseException';

  constructor(
    readonly code: number,
    readonly type: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const TEXT = /Code: (\d{1,4})\. (?:DB::Exception: )?([\s\S]*?)\s*\(([A-Z][A-Z0-9_]+)\)\s*$/;

/** The engine tells code and name in the text of its error. */
export const exceptionOf = (error: unknown): ClickHouseException => {
  if (error instanceof ClickHouseException) return error;
  const text = error instanceof Error ? error.message : String(error);
  const [, code, message, type] = TEXT.exec(text) ?? [];
  if (code === undefined || message === undefined || type === undefined)
    return new ClickHouseException(1001, 'STD_EXCEPTION', text, { cause: error });
  return new ClickHouseException(Number(code), type, message, { cause: error });
};

/** As a server writes it; `version` is the engine's. */
export const exceptionText = (e: ClickHouseException, version: string): string =>
  `Code: ${e.code}. DB::Exception: ${e.message} (${e.type}) (version ${version})`;
