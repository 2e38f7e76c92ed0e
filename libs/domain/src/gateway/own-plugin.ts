/** On every plugin that we made or changed. */
export const OUTRIDER_TAG = 'outrider';
/** On those that were not there before: they are deleted, not restored. */
export const MADE_TAG = 'outrider-made';
export const ENFORCEMENT_PREFIX = 'outrider-enforcement-';
/** What we wrote, as hashes by field group: an operator's later change is told from ours without asking anybody. */
export const PRINT_PREFIX = 'outrider-print-';

type Tagged = { readonly tags: readonly string[] | null };

export const isOurs = ({ tags }: Tagged): boolean => (tags ?? []).includes(OUTRIDER_TAG);

/** The enforcements that hold a share in it; empty when it is none of ours. */
export const sharersOf = ({ tags }: Tagged): readonly string[] =>
  (tags ?? []).flatMap((tag) => (tag.startsWith(ENFORCEMENT_PREFIX) ? [tag.slice(ENFORCEMENT_PREFIX.length)] : []));

export const printOf = ({ tags }: Tagged): string | undefined =>
  tags?.find((tag) => tag.startsWith(PRINT_PREFIX))?.slice(PRINT_PREFIX.length);
