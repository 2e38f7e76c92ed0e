import { formatIp } from '@outrider/domain/traffic/ip-address';
import { PermanentError } from '@outrider/platform/errors';
import { Reader, type Response } from 'maxmind';
import { factsOfRecord } from './mmdb-fields.ts';
import type { FactsSource } from './facts-source.ts';

const MARKER = Buffer.from('ABCDEF4D61784D696E642E636F6D', 'hex');
/** The metadata stands in the last 128 KiB (MMDB specification). */
const METADATA_BYTES = 128 * 1024;
const SEPARATOR_BYTES = 16;
/** Decoded parts of records that the reader keeps; facts by address are kept above it. */
const DECODED = 8_192;

/** A MaxMind DB file of any vendor. PermanentError `bad-mmdb` when it cannot be read: cut off, packed, or damaged where it was looked at. */
export const readMmdb = (bytes: Buffer): FactsSource => {
  try {
    const marker = bytes.lastIndexOf(MARKER);
    if (marker < Math.max(0, bytes.length - METADATA_BYTES)) throw new Error('no metadata at its end');
    const reader = new Reader<Response>(bytes, { cache: decodedCache() });
    const { nodeCount, searchTreeSize, ipVersion, buildEpoch, binaryFormatMajorVersion } = reader.metadata;
    if (binaryFormatMajorVersion !== 2) throw new Error('another version of the format');
    if (!(nodeCount > 0) || searchTreeSize + SEPARATOR_BYTES > marker) throw new Error('its tree is cut off');
    if (ipVersion !== 4 && ipVersion !== 6) throw new Error('neither IPv4 nor IPv6');
    probe(reader, ipVersion);
    return {
      kind: 'mmdb',
      entries: nodeCount,
      refused: 0,
      contentAt: Number.isNaN(buildEpoch.getTime()) ? undefined : buildEpoch,
      find: (ip, words) => {
        if (words.length === 4 && ipVersion === 4) return undefined;
        const record = reader.get(ip);
        return record === null ? undefined : factsOfRecord(record);
      },
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    throw new PermanentError(`not a readable MaxMind DB: ${why.slice(0, 200)}`, 'bad-mmdb', { cause: error });
  }
};

/** Looks at addresses all over the space, so that a file damaged in its middle is not taken into use. */
const probe = (reader: Reader<Response>, ipVersion: number): void => {
  for (let i = 1; i < 224; i++) reader.get(`${i}.${(i * 37) & 255}.${(i * 101) & 255}.1`);
  if (ipVersion === 4) return;
  for (let i = 0; i < 64; i++)
    reader.get(formatIp([0x20 | (i >> 4), i & 15, (i * 53) & 255, (i * 97) & 255, i, i, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]));
};

/** Bounded and plain: emptied when full. */
const decodedCache = () => {
  const decoded = new Map<string | number, unknown>();
  return {
    get: (key: string | number): unknown => decoded.get(key),
    set: (key: string | number, value: unknown): void => {
      if (decoded.size >= DECODED) decoded.clear();
      decoded.set(key, value);
    },
  };
};
