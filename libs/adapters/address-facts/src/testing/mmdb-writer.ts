import { parseCidr } from '@outrider/domain/traffic/ip-address';

/** What a record may hold here; numbers become uint32 where they are whole and positive, else doubles. */
export type MmdbValue = string | number | boolean | readonly MmdbValue[] | { readonly [key: string]: MmdbValue };

export interface MmdbOptions {
  readonly recordSize?: 24 | 28 | 32;
  readonly ipVersion?: 4 | 6;
  readonly builtAt?: Date;
  readonly type?: string;
}

type Node = [Branch, Branch];
type Branch = Node | { readonly data: number } | undefined;

/** A real MaxMind DB (format 2.0) of the networks: a search tree, the data section, the metadata. Later networks lie over earlier ones. */
export const mmdbOf = (networks: Readonly<Record<string, MmdbValue>>, options: MmdbOptions = {}): Buffer => {
  const { recordSize = 28, ipVersion = 6, builtAt = new Date('2026-01-01T00:00:00Z'), type = 'Test' } = options;
  const data: Buffer[] = [];
  let dataBytes = 0;
  const root: Node = [undefined, undefined];
  for (const [network, value] of Object.entries(networks)) {
    insert(root, bitsOf(network, ipVersion), { data: dataBytes });
    const encoded = encode(value);
    data.push(encoded);
    dataBytes += encoded.length;
  }
  const nodes = numbered(root);
  const tree = Buffer.concat(nodes.list.map((node) => nodeBytes(node, nodes, recordSize)));
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: Math.floor(builtAt.getTime() / 1000),
    database_type: type,
    description: { en: 'made for a test' },
    ip_version: ipVersion,
    languages: ['en'],
    node_count: nodes.list.length,
    record_size: recordSize,
  });
  return Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata]);
};

/** IPv4 networks of an IPv6 tree lie under ::/96. */
const bitsOf = (network: string, ipVersion: 4 | 6): number[] => {
  const cidr = parseCidr(network);
  if (!cidr) throw new Error(`not a network: ${network}`);
  const bits = cidr.bytes
    .flatMap((byte) => Array.from({ length: 8 }, (_, i) => (byte >> (7 - i)) & 1))
    .slice(0, cidr.prefix);
  return ipVersion === 6 && cidr.bytes.length === 4 ? [...new Array<number>(96).fill(0), ...bits] : bits;
};

const insert = (root: Node, bits: readonly number[], leaf: { readonly data: number }): void => {
  let node = root;
  bits.forEach((bit, depth) => {
    if (depth === bits.length - 1) {
      node[bit] = leaf;
      return;
    }
    const next = node[bit];
    if (Array.isArray(next)) node = next;
    else node = node[bit] = [next, next];
  });
};

interface Numbered {
  readonly list: readonly Node[];
  readonly places: ReadonlyMap<Node, number>;
}

const numbered = (root: Node): Numbered => {
  const list: Node[] = [root];
  const places = new Map<Node, number>([[root, 0]]);
  for (const node of list)
    for (const branch of node)
      if (Array.isArray(branch) && !places.has(branch)) places.set(branch, list.push(branch) - 1);
  return { list, places };
};

const nodeBytes = (node: Node, nodes: Numbered, recordSize: 24 | 28 | 32): Buffer => {
  const [left, right] = node.map((branch) => {
    if (branch === undefined) return nodes.list.length;
    return Array.isArray(branch) ? (nodes.places.get(branch) ?? 0) : nodes.list.length + 16 + branch.data;
  });
  const bytes = Buffer.alloc(recordSize / 4);
  if (left === undefined || right === undefined) throw new Error('a node has two records');
  if (recordSize === 32) {
    bytes.writeUInt32BE(left, 0);
    bytes.writeUInt32BE(right, 4);
  } else {
    bytes.writeUIntBE(left & 0xffffff, 0, 3);
    bytes.writeUIntBE(right & 0xffffff, bytes.length - 3, 3);
    if (recordSize === 28) bytes[3] = ((left >>> 24) << 4) | (right >>> 24);
  }
  return bytes;
};

const STRING = 2;
const DOUBLE = 3;
const UINT32 = 6;
const MAP = 7;
const ARRAY = 11;
const BOOLEAN = 14;

const encode = (value: MmdbValue): Buffer => {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    return Buffer.concat([control(STRING, bytes.length), bytes]);
  }
  if (typeof value === 'boolean') return control(BOOLEAN, value ? 1 : 0);
  if (typeof value === 'number') return encodeNumber(value);
  if (Array.isArray(value)) return Buffer.concat([control(ARRAY, value.length), ...value.map(encode)]);
  const fields = Object.entries(value as Readonly<Record<string, MmdbValue>>); // what is left of the union
  return Buffer.concat([
    control(MAP, fields.length),
    ...fields.flatMap(([key, field]) => [encode(key), encode(field)]),
  ]);
};

const encodeNumber = (value: number): Buffer => {
  const bytes = Buffer.alloc(Number.isInteger(value) && value >= 0 ? 4 : 8);
  if (bytes.length === 4) bytes.writeUInt32BE(value);
  else bytes.writeDoubleBE(value);
  return Buffer.concat([control(bytes.length === 4 ? UINT32 : DOUBLE, bytes.length), bytes]);
};

const control = (type: number, size: number): Buffer => {
  const [low, more] =
    size < 29 ? [size, []] : size < 285 ? [29, [size - 29]] : [30, [(size - 285) >> 8, (size - 285) & 255]];
  return type <= 7 ? Buffer.from([(type << 5) | low, ...more]) : Buffer.from([low, type - 7, ...more]);
};
