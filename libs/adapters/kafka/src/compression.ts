import lz4 from 'lz4-napi';
import { gunzip, gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { CompressionCodecs, CompressionTypes } from './driver.ts';

const compressGzip = promisify(gzip);
const uncompressGzip = promisify(gunzip);

/** The fastest level: the bus is on the way of every event, and the store compresses again. */
const GZIP_LEVEL = 1;
/** Of one record batch. A batch that would become larger than this is not ours. */
const MAX_UNCOMPRESSED_BYTES = 256 * 1024 * 1024;

/** What kafkajs asks of a codec: `compress` is given its encoder, `decompress` the bytes. */
interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

const gzipCodec: Codec = {
  compress: ({ buffer }) => compressGzip(buffer, { level: GZIP_LEVEL }),
  decompress: (buffer) => uncompressGzip(buffer, { maxOutputLength: MAX_UNCOMPRESSED_BYTES }),
};

/** Kafka wants the LZ4 frame format with independent blocks, which is what the library writes; both run in libuv's threads. */
const lz4Codec: Codec = {
  compress: ({ buffer }) => lz4.compressFrame(buffer),
  decompress: (buffer) => lz4.decompressFrame(buffer),
};

CompressionCodecs[CompressionTypes.GZIP] = () => gzipCodec;
CompressionCodecs[CompressionTypes.LZ4] = () => lz4Codec;

export type Compression = 'none' | 'gzip' | 'lz4';

/** kafkajs's number of a codec, which is registered by importing this file. */
export const compressionType = (compression: Compression): 0 | 1 | 3 =>
  compression === 'none' ? 0 : compression === 'gzip' ? 1 : 3;
