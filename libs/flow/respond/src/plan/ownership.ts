import { createHash } from 'node:crypto';
import { ENFORCEMENT_PREFIX, isOurs, MADE_TAG, OUTRIDER_TAG, PRINT_PREFIX } from '@outrider/domain/gateway/own-plugin';
import type { GatewayPlugin } from '@outrider/ports/gateway-admin';

export const enforcementTag = (id: string): string => `${ENFORCEMENT_PREFIX}${id}`;

const isOurTag = (tag: string): boolean =>
  tag === OUTRIDER_TAG || tag === MADE_TAG || tag.startsWith(ENFORCEMENT_PREFIX) || tag.startsWith(PRINT_PREFIX);

type Tagged = Pick<GatewayPlugin, 'tags'>;

export const isMadeByUs = (plugin: Tagged): boolean => isOurs(plugin) && (plugin.tags ?? []).includes(MADE_TAG);

export const foreignTags = ({ tags }: Tagged): readonly string[] => (tags ?? []).filter((tag) => !isOurTag(tag));

export const ourTags = (options: {
  readonly foreign: readonly string[];
  readonly made: boolean;
  readonly sharers: readonly string[];
  readonly print: string | undefined;
}): string[] => [
  ...options.foreign,
  OUTRIDER_TAG,
  ...(options.made ? [MADE_TAG] : []),
  ...[...options.sharers].sort().map(enforcementTag),
  ...(options.print === undefined ? [] : [`${PRINT_PREFIX}${options.print}`]),
];

/** A tag list is a set to Kong. */
export const sameTags = (a: readonly string[] | null, b: readonly string[] | null): boolean =>
  (a ?? []).length === (b ?? []).length && (a ?? []).every((tag) => (b ?? []).includes(tag));

/** A UUID that is always the same for the same words: the id of a further plugin of one enforcement. */
export const derivedId = (enforcementId: string, words: string): string => {
  const hex = createHash('sha256').update(`${enforcementId}|${words}`).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};
