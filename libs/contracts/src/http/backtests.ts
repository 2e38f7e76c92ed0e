import * as z from 'zod';
import { Backtest, BacktestChange, MAX_BACKTEST_EVENTS } from '@outrider/domain/detection/backtest';
import { InstantText, pageOf, paging } from './paging.ts';

export const BacktestBody = z
  .strictObject({
    change: BacktestChange,
    from: InstantText.optional().describe(
      'start of the range of event times, inclusive; 7 days before its end when absent',
    ),
    to: InstantText.optional().describe('end of the range, exclusive; now when absent'),
    maxEvents: z
      .number()
      .int()
      .min(1_000)
      .max(MAX_BACKTEST_EVENTS)
      .optional()
      .describe(
        'where more events matter to the change, those of about every n-th caller are run; absent: 1,200,000, and 300,000 for one that goes by what all others find',
      ),
  })
  .meta({ id: 'BacktestBody' });
export type BacktestBody = Readonly<z.infer<typeof BacktestBody>>;

export const BacktestListQuery = z.strictObject({ ...paging });
export type BacktestListQuery = Readonly<z.infer<typeof BacktestListQuery>>;
/** Without their results. */
export const BacktestSummary = Backtest.omit({ result: true }).meta({ id: 'BacktestSummary' });
export const BacktestPage = pageOf(BacktestSummary, 'BacktestPage');
