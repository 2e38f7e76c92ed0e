import type { Entity } from '../traffic/entity.ts';
import { isPrivate, overlaps, parseCidr, type Cidr } from '../traffic/ip-address.ts';
import type { GuardRails, NeverBlockEntry } from './guard-rails.ts';

export interface GuardedTarget {
  readonly entity: Entity;
  /** Its other names: user name, custom id. */
  readonly alsoKnownAs?: readonly string[];
}

/**
 * Why nothing may be done against the target, as a sentence, or undefined when it may. The kill switch and the cap are not looked at:
 * they are about all targets. An address that cannot be read is refused, and so is a range that touches a protected one.
 */
export const guardRailRefusal = (
  target: GuardedTarget,
  rails: Pick<GuardRails, 'neverBlock' | 'neverBlockPrivate'>,
  allow: { readonly privateAddresses: boolean },
): string | undefined =>
  target.entity.kind === 'ip' ? addressRefusal(target.entity.id, rails, allow) : nameRefusal(target, rails);

const addressRefusal = (
  address: string,
  rails: Pick<GuardRails, 'neverBlock' | 'neverBlockPrivate'>,
  allow: { readonly privateAddresses: boolean },
): string | undefined => {
  const range = parseCidr(address);
  if (!range) return `${JSON.stringify(address)} is not an address`;
  const entry = rails.neverBlock.find((e) => e.kind === 'address' && touches(range, e.value));
  if (entry) return listed(entry);
  if (rails.neverBlockPrivate && !allow.privateAddresses && isPrivate(range))
    return `${address} is a private, loopback, link-local or carrier-grade NAT address`;
  return undefined;
};

const touches = (range: Cidr, value: string): boolean => {
  const own = parseCidr(value.trim());
  return own !== undefined && overlaps(range, own);
};

const nameRefusal = (
  { entity, alsoKnownAs = [] }: GuardedTarget,
  rails: Pick<GuardRails, 'neverBlock'>,
): string | undefined => {
  const names = new Set([entity.id, entity.name, ...alsoKnownAs]);
  const entry = rails.neverBlock.find((e) => e.kind === entity.kind && names.has(e.value));
  return entry && listed(entry);
};

const listed = (entry: NeverBlockEntry): string =>
  `${entry.kind} ${entry.value} is on the never-block list${entry.reason === '' ? '' : `: ${entry.reason}`}`;
