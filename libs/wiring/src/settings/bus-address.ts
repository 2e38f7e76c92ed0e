import * as z from 'zod';

/** Where the bus is, by `BUS_URL` alone. */
export type BusAddress =
  /** The embedded bus; `dir` undefined = the folder `bus` of the data folder. */
  | { readonly kind: 'local'; readonly dir: string | undefined }
  /** Apache Kafka; `host:port` of the brokers to ask first. */
  | { readonly kind: 'kafka'; readonly brokers: readonly string[] };

const FORMS = 'leave it empty or set file:///path (embedded), or kafka://host:9092,host2:9092';
const KAFKA_PORT = 9092;
const BROKER = /^(?<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?<port>\d{1,5}))?$/;

/** Reads `BUS_URL`, or says what is wrong with it (never its value: somebody may have put a password there). */
export const readBusUrl = (url: string | undefined): BusAddress | { readonly problem: string } => {
  if (url === undefined) return { kind: 'local', dir: undefined };
  if (url.startsWith('file:')) return localAddress(url);
  if (url.startsWith('kafka://')) return kafkaAddress(url.slice('kafka://'.length).replace(/\/$/, ''));
  return { problem: FORMS };
};

/** `BUS_URL` as a setting. */
export const busUrl = z.string().superRefine((url, context) => {
  const read = readBusUrl(url);
  if ('problem' in read) context.addIssue({ code: 'custom', message: read.problem });
});

/** Of a `BUS_URL` that was checked. */
export const busAddress = (url: string | undefined): BusAddress => {
  const read = readBusUrl(url);
  return 'problem' in read ? { kind: 'local', dir: undefined } : read;
};

export const isKafka = (url: string | undefined): boolean => busAddress(url).kind === 'kafka';

const localAddress = (url: string): BusAddress | { readonly problem: string } => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || parsed.pathname.length < 2 || parsed.host !== '')
    return { problem: 'an embedded bus is file:///path, with three slashes and a folder' };
  return { kind: 'local', dir: decodeURIComponent(parsed.pathname) };
};

const kafkaAddress = (list: string): BusAddress | { readonly problem: string } => {
  if (list.includes('@'))
    return { problem: 'names no user and no password: they are KAFKA_SASL, KAFKA_USERNAME and KAFKA_PASSWORD' };
  if (/[/?#]/.test(list))
    return { problem: 'is only kafka://host:port,host:port: KAFKA_TLS and the other KAFKA_ settings say the rest' };
  const brokers: string[] = [];
  for (const part of list.split(',').map((item) => item.trim())) {
    const { host, port } = BROKER.exec(part)?.groups ?? {};
    const number = Number(port ?? KAFKA_PORT);
    if (host === undefined || number < 1 || number > 65_535)
      return { problem: `broker ${brokers.length + 1} of kafka:// is not host:port` };
    brokers.push(`${host}:${number}`);
  }
  return { kind: 'kafka', brokers };
};
