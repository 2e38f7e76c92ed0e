import { CallerError, PermanentError, TransientError } from '@outrider/platform/errors';

/** ClickHouse error codes of data that will never be accepted: parsing, types, sizes of a row. */
const DATA_CODES = new Set([
  '6',
  '25',
  '26',
  '27',
  '32',
  '33',
  '34',
  '38',
  '41',
  '53',
  '69',
  '70',
  '72',
  '117',
  '131',
  '151',
  '190',
  '321',
  '349',
  '376',
  '441',
  '467',
  '675',
  '676',
  '691',
]);
/** Codes of a query that is wrong in itself: a bug of ours, or another schema. */
const QUERY_CODES = new Set([
  '10',
  '16',
  '36',
  '42',
  '43',
  '44',
  '46',
  '47',
  '57',
  '60',
  '62',
  '63',
  '80',
  '81',
  '115',
  '179',
  '184',
  '215',
  '386',
  '456',
  '457',
  '497',
]);

/**
 * The store's errors in the platform's words. Writing is permanent only when the data itself was refused: whatever else is wrong (away,
 * full, read-only, a table missing) is worth waiting for, since giving up would lose events. Branches on codes, never on texts.
 */
export const storeError = (error: unknown, operation: 'read' | 'write', what: string): Error => {
  if (error instanceof TransientError || error instanceof PermanentError || error instanceof CallerError) return error;
  const refusal = engineRefusal(error);
  if (refusal === undefined) {
    if (error instanceof TypeError || error instanceof RangeError) return error;
    return new TransientError(`${what}: the event store is away`, 'store-away', { cause: error });
  }
  const { code, type } = refusal;
  if (DATA_CODES.has(code) || (operation === 'read' && QUERY_CODES.has(code))) {
    return new PermanentError(`${what}: ClickHouse refused it (${type})`, `clickhouse-${code}`, { cause: error });
  }
  return new TransientError(`${what}: ClickHouse could not (${type})`, `clickhouse-${code}`, { cause: error });
};

/** The client's ClickHouseError: known by its numeric code, since the HTTP client and chdb's connection each bring a class of their own. */
const engineRefusal = (error: unknown): { readonly code: string; readonly type: string } | undefined => {
  if (
    typeof error !== 'object' ||
    error === null ||
    !('code' in error) ||
    typeof error.code !== 'string' ||
    !/^\d{1,4}$/.test(error.code)
  )
    return undefined;
  return { code: error.code, type: 'type' in error && typeof error.type === 'string' ? error.type : error.code };
};
