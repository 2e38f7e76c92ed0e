import type { BuiltinAlertType } from '@outrider/domain/detection/alert';

/** Types that the catalogue names and no detector raises yet, and what stands in the way. */
export const NOT_YET: Partial<Readonly<Record<BuiltinAlertType, string>>> = {};
