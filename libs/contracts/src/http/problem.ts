import * as z from 'zod';

/** RFC 9457 problem details: the body of every answer from 400 on. `type` is `about:blank#<code>`; `code` is a fixed slug. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string().optional(),
    /** Also in the X-Request-Id header and in the server's log. */
    requestId: z.string(),
    /** What was wrong with which input; at most 20. */
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = Readonly<z.infer<typeof Problem>>;

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';
