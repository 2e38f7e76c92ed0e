import { envInteger } from '@outrider/platform/read-config';

/** Of those who decide what is done about alerts. */
export const respondSettings = {
  /** A webhook that was told of a campaign hears of its further alerts, if they are not graver, at most once in so long; 0: of every alert. */
  NOTICES_FOLD_MINUTES: envInteger(0, 1_440).default(30),
};
