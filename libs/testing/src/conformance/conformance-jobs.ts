import * as z from 'zod';

const payload = z.object({ v: z.literal(1), id: z.string() });

/** The catalogue that the suite's queues are made with; `namespace` keeps runs apart. */
export const conformanceJobs = (namespace: string) => ({
  work: { queue: `${namespace}-a`, payload },
  more: { queue: `${namespace}-a`, payload },
  other: { queue: `${namespace}-b`, payload },
});
export type ConformanceJobs = Record<'work' | 'more' | 'other', z.infer<typeof payload>>;
