import { CallerError, LimitError, PermanentError, TransientError } from '@outrider/platform/errors';

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

/** Codes of a statement that was ended by a limit of its own, or of the engine. Nothing is away. */
const LIMIT_CODES = new Map([
  ['158', 'more rows'],
  ['159', 'more time'],
  ['160', 'more time'],
  ['191', 'more memory'],
  ['241', 'more memory'],
  ['307', 'more bytes'],
  ['396', 'more rows'],
]);

/**
 * The store's errors in the platform's words. Writing is permanent only when the data itself was refused: whatever else is wrong (away,
 * full, read-only, a table missing) is worth waiting for, since giving up would lose events. Only who reads can ask for less.
 * Branches on codes, never on texts.
 */
export const storeError = (error: unknown, operation: 'read' | 'start' | 'write', what: string): Error => {
  if (error instanceof TransientError || error instanceof PermanentError || error instanceof CallerError) return error;
  const refusal = refusalOf(error);
  if (refusal === undefined) {
    if (error instanceof TypeError || error instanceof RangeError) return error;
    return new TransientError(`${what}: the event store is away`, 'store-away', { cause: error });
  }
  const { code, type } = refusal;
  const limit = LIMIT_CODES.get(code);
  if (limit !== undefined && operation === 'read')
    return new LimitError(
      `${what}: ClickHouse needed ${limit} for this than one question may take (${type}); a shorter range, or fewer entities, needs less`,
      `clickhouse-${code}`,
      { cause: error },
    );
  if (DATA_CODES.has(code) || (operation !== 'write' && QUERY_CODES.has(code))) {
    return new PermanentError(`${what}: ClickHouse refused it (${type})`, `clickhouse-${code}`, { cause: error });
  }
  return new TransientError(`${what}: ClickHouse could not (${type})`, `clickhouse-${code}`, { cause: error });
};

/** Codes of a server that knows the caller not, or not enough. */
const CREDENTIAL_CODES = new Set(['192', '193', '194', '516']);
const ACCESS_CODES = new Set(['497']);
/** Node's codes of a certificate that is not trusted. */
const CERTIFICATE =
  /^(?:UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|CERT_|ERR_TLS_CERT_ALTNAME_INVALID$)/;

/** As storeError, while the process starts: what only a person can put right is theirs to know, and names the setting. */
export const startError = (error: unknown, what: string): Error => {
  const code = refusalOf(error)?.code ?? '';
  const caller = (message: string, slug: string): CallerError => new CallerError(message, slug, 400, { cause: error });
  if (CREDENTIAL_CODES.has(code))
    return caller('ClickHouse refused the user or the password of CLICKHOUSE_URL', 'clickhouse-credentials');
  if (ACCESS_CODES.has(code))
    return caller(
      `the user of CLICKHOUSE_URL lacks a right that ${what} needs: it must be able to create and alter the tables of its database`,
      'clickhouse-rights',
    );
  if (code === '701' || code === '139' || code === '170')
    return caller('CLICKHOUSE_CLUSTER names no cluster that this server knows', 'clickhouse-cluster');
  if (code === '225')
    return caller(
      'CLICKHOUSE_CLUSTER is set, but the server has no Keeper: replicated tables need one',
      'clickhouse-keeper',
    );
  if (CERTIFICATE.test(nodeCode(error)))
    return caller('the certificate of CLICKHOUSE_URL is not trusted: see CLICKHOUSE_TLS_CA', 'clickhouse-certificate');
  return storeError(error, 'start', what);
};

const nodeCode = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** A connection that was cut before an answer: where nothing is changed by it, the question may be put again at once. */
export const wasCut = (error: unknown): boolean => ['ECONNRESET', 'EPIPE'].includes(nodeCode(error));

/** The client's ClickHouseError: known by its numeric code, since the HTTP client and chdb's connection each bring a class of their own. */
export const refusalOf = (error: unknown): { readonly code: string; readonly type: string } | undefined => {
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
