import { parseArgs } from 'node:util';
import { isAddressOrRange } from './cidr.ts';

export interface CliOptions {
  readonly adminPort: number;
  readonly proxyPort: number;
  readonly host: string;
  readonly propagationMs: number;
  readonly tcpLog?: { readonly host: string; readonly port: number };
  readonly seedDemo: boolean;
  readonly upstream?: string;
  readonly trustedIps: readonly string[];
}

export const USAGE = `A stand-in for a Kong 3.9 gateway: Admin API and proxy in one process, nothing stored.

usage: npm run kong-sim -- [options]

  --admin-port N        port of the Admin API (default 8001; 0 takes a free one)
  --proxy-port N        port of the proxy (default 8000; 0 takes a free one)
  --host ADDRESS        where both listen (default 127.0.0.1)
  --propagation-ms N    how often plugins, routes and services take effect (default 5000; 0 at once)
  --tcp-log HOST:PORT   ship the access log of everything to this collector
  --seed demo           a shop with routes, limits and a dozen consumers (keys: key-mobile-app, ...)
  --upstream URL        what the seeded service points at (default: a built-in upstream)
  --trusted-ips LIST    peers that may set X-Forwarded-For: addresses or ranges, with commas
  --help                this text
`;

/** A mistake in the command line; its message is for the person who typed it. */
export class UsageError extends Error {}

/** The options, or nothing when help was asked for. */
export const parseCliOptions = (args: readonly string[]): CliOptions | undefined => {
  const values = parse(args);
  if (values.help === true) return undefined;
  const tcpLog = values['tcp-log'] === undefined ? undefined : address('--tcp-log', values['tcp-log']);
  if (values.seed !== undefined && values.seed !== 'demo')
    throw new UsageError(`--seed: there is only "demo", not "${values.seed}"`);
  if (values.upstream !== undefined && !/^https?:\/\/[^/]/.test(values.upstream))
    throw new UsageError(`--upstream: expected http://host:port, not "${values.upstream}"`);
  const trustedIps = (values['trusted-ips'] ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const wrong = trustedIps.find((range) => !isAddressOrRange(range));
  if (wrong !== undefined) throw new UsageError(`--trusted-ips: "${wrong}" is neither an address nor a range`);
  return {
    adminPort: whole('--admin-port', values['admin-port'] ?? '8001', 65_535),
    proxyPort: whole('--proxy-port', values['proxy-port'] ?? '8000', 65_535),
    host: values.host ?? '127.0.0.1',
    propagationMs: whole('--propagation-ms', values['propagation-ms'] ?? '5000', 3_600_000),
    seedDemo: values.seed === 'demo',
    trustedIps,
    ...(tcpLog === undefined ? {} : { tcpLog }),
    ...(values.upstream === undefined ? {} : { upstream: values.upstream }),
  };
};

const parse = (args: readonly string[]) => {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean' },
        'admin-port': text,
        'proxy-port': text,
        host: text,
        'propagation-ms': text,
        'tcp-log': text,
        seed: text,
        upstream: text,
        'trusted-ips': text,
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

const whole = (option: string, text: string, max: number): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > max)
    throw new UsageError(`${option}: expected a whole number from 0 to ${max}, not "${text}"`);
  return value;
};

const address = (option: string, text: string): { host: string; port: number } => {
  const [, host = '', port = ''] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  const number = Number(port);
  if (host === '' || number < 1 || number > 65_535)
    throw new UsageError(`${option}: expected host:port, not "${text}"`);
  return { host, port: number };
};
