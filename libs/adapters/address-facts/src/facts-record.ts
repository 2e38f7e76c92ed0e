import type { NetworkKind } from '@outrider/domain/traffic/api-event';

/** What one source says of an address; absent where it says nothing. */
export interface FactsRecord {
  readonly country?: string;
  readonly asn?: number;
  readonly organization?: string;
  readonly network?: NetworkKind;
  readonly location?: string;
}

const MAX_TEXT = 128;
const NETWORKS = new Set<string>('hosting isp mobile education government business vpn proxy tor relay'.split(' '));

/** Texts of a source, as they may be shown: bounded, without control characters. */
export const shownText = (text: string): string =>
  text
    .slice(0, MAX_TEXT)
    .replace(/\p{Cc}/gu, ' ')
    .trim();

export const countryOf = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[A-Za-z]{2}$/.test(value) ? value.toUpperCase() : undefined;

/** 15169, "15169" or "AS15169". */
export const asnOf = (value: unknown): number | undefined => {
  const number =
    typeof value === 'number'
      ? value
      : typeof value === 'string'
        ? Number(/^(?:AS)?(\d{1,10})$/i.exec(value)?.[1])
        : NaN;
  return Number.isInteger(number) && number > 0 && number <= 0xffff_ffff ? number : undefined;
};

export const isNetwork = (value: string): value is Exclude<NetworkKind, ''> => NETWORKS.has(value);

/** `lat,lon,radiusKm`; undefined for what is no place. Two decimals: a kilometre, finer than any such source is right. */
export const locationOf = (lat: unknown, lon: unknown, radius: unknown): string | undefined => {
  const [y, x, r] = [numberOf(lat), numberOf(lon), numberOf(radius) ?? 0];
  if (y === undefined || x === undefined || Math.abs(y) > 90 || Math.abs(x) > 180) return undefined;
  return `${round(y)},${round(x)},${Math.round(Math.min(Math.max(r, 0), 20_000))}`;
};

const numberOf = (value: unknown): number | undefined => {
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
  return Number.isFinite(number) ? number : undefined;
};

const round = (degrees: number): number => Math.round(degrees * 100) / 100 + 0; // + 0: no "-0"
