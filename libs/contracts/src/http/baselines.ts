import * as z from 'zod';
import { BaselineControl } from '@outrider/domain/baseline/baseline-control';
import { BaselineKind, BaselineMetric, BaselineStep } from '@outrider/domain/baseline/baseline';
import { WarmUp } from '@outrider/domain/detection/alert';
import { pageOf, paging, range } from './paging.ts';

/** An entity's id; of a caller at an endpoint both of them. */
const BaselineIdText = z
  .string()
  .min(1)
  .max(1_100)
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  .regex(/^[^\u0000-\u001f\u007f]+$/, 'no control characters');

export const BaselineChartQuery = z.strictObject({
  kind: BaselineKind,
  id: BaselineIdText.describe(
    'id; of a consumer also its name; `<service id> GET /orders/{id}` of an endpoint; `consumer:<id> <endpoint>` of a caller-endpoint',
  ),
  metric: BaselineMetric.default('requests'),
  step: BaselineStep.default('1h').describe('width of a window; `5m` for requests alone'),
  band: z
    .enum(['chart', 'alert'])
    .default('chart')
    .describe('an ordinary value is above `high` once in 1,000 (chart), 1,000,000 (alert) windows'),
  ...range,
});
export type BaselineChartQuery = Readonly<z.infer<typeof BaselineChartQuery>>;

export const BaselinePoint = z
  .object({
    at: z.number().describe('start of the window, ms since epoch'),
    observed: z.number(),
    expected: z.number(),
    low: z.number(),
    high: z.number(),
  })
  .meta({ id: 'BaselinePoint' });
export type BaselinePoint = Readonly<z.infer<typeof BaselinePoint>>;

/** Observed against expected: expected as it was at the beginning of the range, so that nothing is compared with itself. */
export const BaselineChart = z
  .object({
    kind: BaselineKind,
    id: z.string(),
    metric: BaselineMetric,
    step: BaselineStep,
    learnedAt: z.number().describe('what came before this teaches, ms since epoch'),
    warmUp: WarmUp,
    n: z.number().describe('windows behind the expectation'),
    days: z.number().describe('days on which it was seen'),
    p999: z.number(),
    max: z.number(),
    group: z
      .object({ by: z.string(), name: z.string(), peers: z.number() })
      .nullable()
      .describe('peers whose baselines a newcomer borrows; null = its own alone'),
    excluded: z
      .array(z.object({ from: z.number(), to: z.number() }))
      .describe('time that teaches nothing: alerts and what was excluded by hand'),
    points: z.array(BaselinePoint),
  })
  .meta({ id: 'BaselineChart' });
export type BaselineChart = Readonly<z.infer<typeof BaselineChart>>;

const reason = z.string().min(1).max(500);
const about = { kind: BaselineKind, entityId: BaselineIdText, reason };
const Instant = z.number().int().min(0).max(4_102_444_800_000);

export const BaselineResetBody = z
  .strictObject({
    ...about,
    at: Instant.optional().describe('only what came from then on teaches, ms since epoch; now when absent'),
  })
  .meta({ id: 'BaselineResetBody' });
export type BaselineResetBody = Readonly<z.infer<typeof BaselineResetBody>>;

export const BaselineExclusionBody = z
  .strictObject({ ...about, from: Instant, to: Instant })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'it must end after it begins' })
  .meta({ id: 'BaselineExclusionBody' });
export type BaselineExclusionBody = Readonly<z.infer<typeof BaselineExclusionBody>>;

export const BaselineControlListQuery = z
  .strictObject({ kind: BaselineKind.optional(), id: BaselineIdText.optional(), ...paging })
  .refine((q) => (q.kind === undefined) === (q.id === undefined), { path: ['id'], message: 'kind and id go together' });
export type BaselineControlListQuery = Readonly<z.infer<typeof BaselineControlListQuery>>;

export const BaselineControlPage = pageOf(BaselineControl, 'BaselineControlPage');
