import type { Client } from '../call.ts';
import type { Random } from '../random.ts';

type Headers = Readonly<Record<string, string>>;

const TLS13 = { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };
const TLS13C = { version: 'TLSv1.3', cipher: 'TLS_CHACHA20_POLY1305_SHA256' };
const TLS13S = { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' };
const TLS12 = { version: 'TLSv1.2', cipher: 'ECDHE-RSA-AES256-GCM-SHA384' };

const LANGUAGES = ['en-US,en;q=0.9', 'nl-NL,nl;q=0.9,en;q=0.8', 'de-DE,de;q=0.9,en;q=0.7', 'fr-FR,fr;q=0.9', 'en-GB,en;q=0.8', 'pt-BR,pt;q=0.9', 'zh-CN,zh;q=0.9', 'pl-PL,pl;q=0.8']; // prettier-ignore

const browserAgent = (random: Random): string => {
  const v = random.integer(118, 136);
  return random.pick([
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${v}.0.0.0 Safari/537.36`,
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${v}.0.0.0 Safari/537.36`,
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:${v}.0) Gecko/20100101 Firefox/${v}.0`,
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${random.integer(16, 18)}.${random.integer(0, 5)} Safari/605.1.15`,
    `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${v}.0.0.0 Safari/537.36`,
    `Mozilla/5.0 (iPhone; CPU iPhone OS ${random.integer(16, 18)}_${random.integer(0, 6)} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1`,
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${v}.0.0.0 Safari/537.36 Edg/${v}.0.0.0`,
  ]);
};

export const browser = (random: Random, address: string): Client => ({
  address,
  tls: random.pick([TLS13, TLS13S, TLS13S]),
  headers: {
    'user-agent': browserAgent(random),
    accept: random.pick(['application/json, text/plain, */*', '*/*', 'application/json']),
    'accept-language': random.pick(LANGUAGES),
    'accept-encoding': 'gzip, deflate, br',
    origin: 'https://www.example.test',
    'sec-fetch-mode': 'cors',
  },
});

/** `name/version` of an app on a telephone. */
export const telephone = (random: Random, address: string, app: string, version: string): Client => {
  const ios = random.chance(0.5);
  const headers: Headers = {
    'user-agent': ios
      ? `${app}/${version} CFNetwork/${random.pick(['1410.0.3', '1494.0.7', '1568.100.1'])} Darwin/${random.pick(['22.6.0', '23.5.0', '24.0.0'])}`
      : `${app}/${version} (Android ${random.integer(11, 15)}; ${random.pick(['SM-S911B', 'Pixel 7', 'SM-A546B', 'M2101K6G', 'CPH2487'])}) okhttp/4.12.0`,
    accept: 'application/json',
    'accept-language': random.pick(LANGUAGES),
    'accept-encoding': ios ? 'gzip, deflate, br' : 'gzip',
  };
  return { address, tls: ios ? TLS13 : TLS13S, headers };
};

const SERVERS: readonly [agent: string, headers: Headers, tls: Client['tls']][] = [
  ['okhttp/4.12.0', { 'accept-encoding': 'gzip' }, TLS13],
  ['axios/1.7.2', { accept: 'application/json, text/plain, */*', 'accept-encoding': 'gzip, compress, deflate, br' }, TLS13],
  ['Java/17.0.11', { accept: 'text/html, image/gif, image/jpeg, */*; q=0.2' }, TLS13],
  ['Apache-HttpClient/5.2.1 (Java/17.0.9)', { 'accept-encoding': 'gzip, x-gzip, deflate' }, TLS12],
  ['python-requests/2.32.0', { accept: '*/*', 'accept-encoding': 'gzip, deflate' }, TLS13],
  ['Go-http-client/1.1', { 'accept-encoding': 'gzip' }, TLS13S],
  ['node-fetch/1.0 (+https://github.com/bitinn/node-fetch)', { accept: '*/*' }, TLS13],
  ['GuzzleHttp/7', { accept: 'application/json' }, TLS12],
  ['RestSharp/110.2.0.0', { accept: 'application/json, text/json, text/xml' }, TLS12],
  ['Ruby', { accept: '*/*', 'accept-encoding': 'gzip;q=1.0,deflate;q=0.6,identity;q=0.3' }, TLS13],
  ['curl/8.5.0', { accept: '*/*' }, TLS13],
  ['Zapier', { accept: 'application/json' }, TLS13S],
  ['Workato/1.0', { accept: '*/*' }, TLS12],
  ['SAP NetWeaver Application Server (1.0;753)', { accept: '*/*' }, TLS12],
  ['shop-sdk-php/3.4.1', { accept: 'application/json' }, TLS13],
  ['shop-sdk-java/5.12.0', { accept: 'application/json', 'accept-encoding': 'gzip' }, TLS13],
]; // prettier-ignore

/** A server's HTTP library; `index` fixes which. */
export const server = (random: Random, address: string, index = random.integer(0, SERVERS.length - 1)): Client => {
  const [agent, headers, tls] = SERVERS[index % SERVERS.length] as (typeof SERVERS)[number];
  return { address, tls, headers: { 'user-agent': agent, ...headers } };
};

/** An attacker's tool, or anything else with a plain agent. */
export const tool = (address: string, agent: string, headers: Headers = { accept: '*/*' }): Client => ({
  address,
  tls: TLS13C,
  headers: agent === '' ? headers : { 'user-agent': agent, ...headers },
});

export const agentOf = (client: Client): string => client.headers['user-agent'] ?? '';
export const withAgent = (client: Client, agent: string): Client => ({
  ...client,
  headers: { ...client.headers, 'user-agent': agent },
});
export const at = (client: Client, address: string): Client => ({ ...client, address });
