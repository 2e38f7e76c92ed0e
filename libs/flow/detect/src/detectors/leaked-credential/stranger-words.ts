import type { CallerProfile } from '../../knowledge/caller-profile.ts';
import type { Stranger } from '../../knowledge/stranger.ts';

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
  return `${Math.max(1, terms.size - 1)} ${novelty.by === 'asn' ? 'provider(s)' : 'network(s)'} in ${profile.days} days`;
};

/** Who comes from the new place alone may just have moved; who was seen at the old one since, has not. */
export const whoElse = ({ others }: Stranger): string =>
  others > 0 ? `; it was used from its usual places at the same time (${others} requests)` : '';
