import type { NetworkKind } from '@outrider/domain/traffic/api-event';
import { asnOf, countryOf, isNetwork, locationOf, shownText, type FactsRecord } from './facts-record.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Facts of a record of MaxMind (GeoLite2 and GeoIP2 City, Country, ASN, ISP, Connection-Type, Anonymous-IP, Enterprise), DB-IP (same names) or
 * IPinfo (flat: `country`, `asn` as "AS15169", `as_name`, privacy flags; newer nested `geo`, `as`, `anonymous`). Unknown fields are ignored.
 */
export const factsOfRecord = (record: unknown): FactsRecord => {
  const top = fieldsOf(record);
  const traits = fieldsOf(top['traits']);
  const as = { ...fieldsOf(top['as']), ...fieldsOf(top['asn']) };
  const geo = fieldsOf(top['geo']);
  const country = countryIn(top, geo);
  const asn = first(
    [top['autonomous_system_number'], traits['autonomous_system_number'], top['asn'], as['asn'], top['as_number']],
    asnOf,
  );
  const organization = first(
    [
      top['autonomous_system_organization'],
      traits['autonomous_system_organization'],
      top['as_name'],
      as['name'],
      traits['isp'],
      top['isp'],
      traits['organization'],
      top['organization'],
      asn === undefined ? undefined : top['name'],
    ],
    textOf,
  );
  const network = anonymity(top, traits) ?? usage(top, traits, as);
  const location = placeIn(top, geo);
  return {
    ...(country === undefined ? {} : { country }),
    ...(asn === undefined ? {} : { asn }),
    ...(organization === undefined ? {} : { organization }),
    ...(network === undefined ? {} : { network }),
    ...(location === undefined ? {} : { location }),
  };
};

const countryIn = (top: Fields, geo: Fields): string | undefined =>
  first(
    [
      fieldsOf(top['country'])['iso_code'],
      top['country_code'],
      top['country'],
      geo['country_code'],
      fieldsOf(top['registered_country'])['iso_code'],
    ],
    countryOf,
  );

const placeIn = (top: Fields, geo: Fields): string | undefined => {
  const location = fieldsOf(top['location']);
  const [lat, lon] = typeof top['loc'] === 'string' ? top['loc'].split(',', 2) : [];
  return (
    locationOf(location['latitude'], location['longitude'], location['accuracy_radius']) ??
    locationOf(top['latitude'] ?? top['lat'], top['longitude'] ?? top['lng'] ?? top['lon'], top['radius']) ??
    locationOf(geo['latitude'], geo['longitude'], geo['radius']) ??
    locationOf(lat, lon, undefined)
  );
};

/** Field names by kind, the most telling kind first. */
const FLAGS: readonly (readonly [NetworkKind, readonly string[]])[] = [
  ['tor', ['is_tor_exit_node', 'tor', 'is_tor']],
  ['vpn', ['is_anonymous_vpn', 'vpn', 'is_vpn']],
  ['relay', ['relay', 'is_relay']],
  ['proxy', ['is_public_proxy', 'is_residential_proxy', 'is_anonymous_proxy', 'proxy', 'is_proxy', 'is_res_proxy']],
  ['hosting', ['is_hosting_provider', 'hosting', 'is_hosting']],
  ['mobile', ['is_mobile']],
];

const anonymity = (top: Fields, traits: Fields): NetworkKind | undefined => {
  const places = [top, traits, fieldsOf(top['privacy']), fieldsOf(top['anonymous']), fieldsOf(top['anonymizer'])];
  const set = (name: string): boolean => places.some((fields) => isTrue(fields[name]));
  return FLAGS.find(([, names]) => names.some(set))?.[0];
};

/** `connection_type` and `user_type` of MaxMind, the `type` of IPinfo. */
const KINDS: Readonly<Record<string, NetworkKind>> = {
  cellular: 'mobile',
  mobile: 'mobile',
  'cable/dsl': 'isp',
  satellite: 'isp',
  dialup: 'isp',
  residential: 'isp',
  cafe: 'isp',
  traveler: 'isp',
  corporate: 'business',
  content_delivery_network: 'hosting',
  consumer_privacy_network: 'relay',
  college: 'education',
  school: 'education',
  library: 'education',
  military: 'government',
};

const usage = (top: Fields, traits: Fields, as: Fields): NetworkKind | undefined =>
  first(
    [
      traits['user_type'],
      top['user_type'],
      traits['connection_type'],
      top['connection_type'],
      as['type'],
      top['as_type'],
      top['type'],
    ],
    kindOf,
  );

/** A kind of network, in the words of databases (`residential`, `corporate`) or our own. */
export const kindOf = (value: unknown): NetworkKind | undefined => {
  if (typeof value !== 'string') return undefined;
  const word = value.toLowerCase();
  return isNetwork(word) ? word : Object.hasOwn(KINDS, word) ? KINDS[word] : undefined;
};

const first = <T>(values: readonly unknown[], read: (value: unknown) => T | undefined): T | undefined => {
  for (const value of values) {
    const found = value === undefined ? undefined : read(value);
    if (found !== undefined) return found;
  }
  return undefined;
};

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? shownText(value) : '') || undefined;

const isTrue = (value: unknown): boolean => value === true || value === 1 || value === 'true' || value === '1';

const NO_FIELDS: Fields = {};

/** An object of a decoded record may be read by any name. */
const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : NO_FIELDS;
