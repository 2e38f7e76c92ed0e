import type { Command } from 'commander';
import { ApiClient, ApiClientError } from '@outrider/contracts/http/api-client';
import { CallerError } from '@outrider/platform/errors';
import { ClientConfig, readEnvironment } from '../config.ts';

export interface RemoteOptions {
  readonly url?: string;
  readonly token?: string;
  readonly json?: boolean;
}

/** The options of every command that asks a running server. */
export const remote = (command: Command): Command =>
  command
    .option('--url <url>', 'the server (OUTRIDER_URL, http://127.0.0.1:7500)')
    .option('--token <token>', 'an access token (better in OUTRIDER_TOKEN: other users of the machine see arguments)')
    .option('--json', 'the answer as JSON');

export interface RangedOptions extends RemoteOptions {
  readonly from?: string;
  readonly to?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

/** The options of lists of what happened in a time, page by page. */
export const ranged = (command: Command): Command =>
  remote(command)
    .option('--from <time>', 'ISO 8601, or -1h, -7d')
    .option('--to <time>', 'likewise')
    .option('--limit <n>', '1 to 200', '50')
    .option('--cursor <cursor>', 'the next page');

export const rangeOf = ({ from, to, limit, cursor }: RangedOptions) => ({ from, to, limit: Number(limit), cursor });

export const clientOf = (options: RemoteOptions): ApiClient => {
  const config = readEnvironment(ClientConfig);
  const baseUrl = options.url ?? config.OUTRIDER_URL;
  if (!URL.canParse(baseUrl)) throw new CallerError(`--url: "${baseUrl}" is no address; e.g. http://127.0.0.1:7500`);
  return new ApiClient({ baseUrl, token: options.token ?? config.OUTRIDER_TOKEN });
};

/** Asks, and prints JSON or what `show` makes of the answer. What the server refused becomes one clear line. */
export const ask = async <T>(
  options: RemoteOptions,
  call: (client: ApiClient) => Promise<T>,
  show: (answer: T) => string,
): Promise<void> => {
  try {
    const answer = await call(clientOf(options));
    process.stdout.write(`${options.json ? JSON.stringify(answer, undefined, 2) : show(answer)}\n`);
  } catch (error) {
    if (!(error instanceof ApiClientError)) throw error;
    throw new CallerError(`${error.message}${hint(error)}`, error.code);
  }
};

const hint = (error: ApiClientError): string => {
  if (error.status === 401)
    return '\nSet OUTRIDER_TOKEN to an access token; the first one was shown when Outrider was first started.';
  if (error.code === 'unreachable') return '\nIs it running (npm start)? Else name it with --url or OUTRIDER_URL.';
  return '';
};

/** A list's hint that there is more. */
export const more = (next: string | null): string => (next === null ? '' : `\n… more: --cursor ${next}`);
