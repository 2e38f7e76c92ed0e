import type { Entity } from '@outrider/domain/traffic/entity';
import type { CallerProfile } from '../../knowledge/caller-profile.ts';
import type { Stranger } from '../../knowledge/stranger.ts';

/** A consumer has one or several, another caller is one. */
export const credentialOf = ({ kind, name }: Pick<Entity, 'kind' | 'name'>): string =>
  kind === 'credential' ? `Credential ${name}` : `A credential of ${name}`;

/** `203.0.113.9 (AS64500, BR)`. */
export const placeName = ({ ip, asn, country }: Stranger): string => {
  const more = [asn > 0 ? `AS${asn}` : '', country].filter((one) => one !== '').join(', ');
  return more === '' ? ip : `${ip} (${more})`;
};

export const clientName = ({ agent }: Stranger): string =>
  agent.family === '' ? 'a client without a name' : agent.family;

/** `3 networks in 12 days`: what the caller was seen with before. */
export const knownOrigins = (profile: CallerProfile, { novelty }: Stranger): string => {
  const terms = novelty.by === 'asn' ? profile.asns : profile.prefixes;
  const [one, many] = novelty.by === 'asn' ? ['provider', 'providers'] : ['network', 'networks'];
  return `${counted(Math.max(1, terms.size - 1), one, many)} in ${counted(profile.days, 'day')}`;
};

/** Who comes from the new place alone may just have moved; who was seen at the old one since, has not. */
export const whoElse = ({ others }: Stranger, what = 'its usual places'): string =>
  others > 0 ? `; ${what} went on meanwhile (${counted(others, 'request')})` : '';

/** `1 day`, `2 days`. */
export const counted = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
