import { HOUR_MS } from '../../windows/time.ts';
import type { ImpossibleTravelSettings } from './impossible-travel.settings.ts';

export const IMPOSSIBLE_TRAVEL_VERSION = '2';

export interface Point {
  readonly lat: number;
  readonly lon: number;
  readonly radiusKm: number;
}

export interface Stay extends Point {
  readonly ip: string;
  readonly country: string;
  readonly network: string;
  firstAt: number;
  lastAt: number;
  requests: number;
  /** Some of it by a browser or an app of people. */
  isPerson: boolean;
  /** Some of it for administration or exports that the caller never asked for before. */
  isUnusual: boolean;
  /** Some of it with a client that the caller had before; whether clients show in the log. */
  ownClient: boolean;
  seesClient: boolean;
}

export interface Journey {
  readonly km: number;
  readonly kmh: number;
  readonly minutes: number;
}

/** Networks whose place says nothing about who uses them. */
const ANYWHERE: ReadonlySet<string> = new Set(['hosting', 'vpn', 'proxy', 'tor', 'relay']);

/**
 * From one stay to the next faster than an aircraft. `gapMs`: shortest time from a request at one to a request at the other.
 * False positives: a VPN that the database does not know as one; mobile networks that send a country's traffic out elsewhere.
 */
export const judgeTravel = (from: Stay, to: Stay, gapMs: number, s: ImpossibleTravelSettings): Journey | undefined => {
  const requests = Math.min(from.requests, to.requests);
  if (requests < Math.min(s.minRequests, s.minRequestsSure)) return undefined;
  if (ANYWHERE.has(from.network) || ANYWHERE.has(to.network)) return undefined;
  const mobile = from.network === 'mobile' || to.network === 'mobile';
  if (mobile && from.country === to.country) return undefined;
  const km = kmBetween(from, to) - from.radiusKm - to.radiusKm;
  if (km < s.minDistanceKm) return undefined;
  const known = from.network !== '' && to.network !== '';
  const sure = km >= s.sureDistanceKm && (known || !to.ownClient);
  if (requests < (sure ? s.minRequestsSure : s.minRequests)) return undefined;
  const ms = Math.max(0, gapMs);
  const kmh = km / Math.max(ms / HOUR_MS, 1 / 60);
  return kmh > s.maxSpeedKmh ? { km, kmh, minutes: ms / 60_000 } : undefined;
};

/** One machine at both ends, as far as one sees, at its usual work: back at once, it was a VPN. A program's client says nothing: there are many of it. */
export const mayBeVpn = ({ isPerson, ownClient, seesClient, isUnusual }: Stay): boolean =>
  isPerson && ownClient && seesClient && !isUnusual;

/** `lat,lon,radiusKm`; undefined when it is not that. */
export const pointOf = (location: string): Point | undefined => {
  const [lat, lon, radiusKm] = location.split(',', 3).map(Number);
  if (lat === undefined || lon === undefined || !(Math.abs(lat) <= 90) || !(Math.abs(lon) <= 180)) return undefined;
  return { lat, lon, radiusKm: radiusKm !== undefined && radiusKm >= 0 ? radiusKm : 50 };
};

/** Great circle. */
export const kmBetween = (a: Point, b: Point): number => {
  const rad = Math.PI / 180;
  const h =
    Math.sin(((b.lat - a.lat) * rad) / 2) ** 2 +
    Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(((b.lon - a.lon) * rad) / 2) ** 2;
  return 12_742 * Math.asin(Math.min(1, Math.sqrt(h)));
};
