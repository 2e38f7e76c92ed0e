import { hashOf, type Random } from '../random.ts';

/** A block of addresses of one network in one place. */
export interface Network {
  readonly cidr: string;
  readonly prefix: string;
  readonly country: string;
  readonly asn: number;
  readonly kind: 'hosting' | 'isp' | 'mobile' | 'business' | 'vpn' | 'tor' | 'education';
  readonly lat: number;
  readonly lon: number;
}

const PLACES: readonly [country: string, lat: number, lon: number][] = [
  ['NL', 52.37, 4.9],
  ['DE', 50.11, 8.68],
  ['GB', 51.51, -0.13],
  ['FR', 48.86, 2.35],
  ['US', 40.71, -74.01],
  ['US', 37.77, -122.42],
  ['SG', 1.35, 103.82],
  ['BR', -23.55, -46.63],
  ['IN', 19.08, 72.88],
  ['VN', 10.82, 106.63],
  ['RU', 55.75, 37.62],
  ['ID', -6.21, 106.85],
  ['PL', 52.23, 21.01],
  ['ZA', -26.2, 28.05],
  ['CN', 31.23, 121.47],
];
const KINDS: readonly Network['kind'][] = ['isp', 'isp', 'isp', 'mobile', 'hosting', 'hosting', 'business', 'vpn'];

/** The internet of one estate: about 180 /16 blocks, each of one network; different by seed. */
export class Internet {
  readonly networks: readonly Network[];
  readonly home: string;

  constructor(random: Random, home: string) {
    this.home = home;
    const blocks = random.shuffled(
      FIRST.flatMap((first) => Array.from({ length: 16 }, (_, i) => `${first}.${i * 16 + random.integer(0, 15)}`)),
    );
    const networks: Network[] = [];
    for (const [country, lat, lon] of PLACES)
      for (const kind of country === home ? [...KINDS, ...KINDS, 'education' as const] : KINDS) {
        const prefix = blocks.pop();
        if (prefix === undefined) break;
        networks.push({ cidr: `${prefix}.0.0/16`, prefix, country, asn: random.integer(1000, 64_000), kind, lat, lon });
      }
    const tor = blocks.pop() ?? '185.220';
    networks.push({
      cidr: `${tor}.0.0/16`,
      prefix: tor,
      country: 'DE',
      asn: 60_729,
      kind: 'tor',
      lat: 50.11,
      lon: 8.68,
    });
    this.networks = networks;
  }

  /** A network that fits; `home` true wants the estate's own country, false any other. */
  network(random: Random, wanted: { kind?: readonly Network['kind'][]; home?: boolean; not?: string }): Network {
    const fits = this.networks.filter(
      (one) =>
        (wanted.kind === undefined ? one.kind !== 'tor' : wanted.kind.includes(one.kind)) &&
        (wanted.home === undefined || (one.country === this.home) === wanted.home) &&
        one.country !== wanted.not,
    );
    return random.pick(fits);
  }

  /** `n` draws of one network, of which some repeat. */
  static address(random: Random, network: Network): string {
    return `${network.prefix}.${random.integer(0, 255)}.${random.integer(1, 254)}`;
  }

  /** The address of subscriber `n`: always the same, spread over the block. */
  static subscriber(network: Network, n: number): string {
    const h = hashOf(`${network.prefix}/${n}`);
    if (network.kind === 'isp' && h % 7 === 0)
      return `${v6(network)}:${((h >>> 4) % 4000) + 16}:${((h >>> 16) % 200) + 1}::${(h % 90) + 2}`;
    return `${network.prefix}.${h & 255}.${1 + ((h >>> 8) % 254)}`;
  }

  csv(): string {
    const lines = this.networks.map((one) => `${one.cidr},${one.country},${one.asn},${one.kind},${one.lat},${one.lon}`);
    return `cidr,country,asn,network,lat,lon\n${lines.join('\n')}\n`;
  }
}

/** The same network's part of the other internet. */
const v6 = (network: Network): string => `2a0${hashOf(network.prefix) % 9}:${(0x1000 + (hashOf(`${network.prefix}/6`) % 0xe000)).toString(16)}`; // prettier-ignore

const FIRST = [31, 37, 46, 62, 78, 81, 86, 92, 95, 109, 145, 176, 188, 193, 203, 213];
