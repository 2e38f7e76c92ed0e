import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(1).max(100_000).default(value);

/** GraphQL by GET, which is all that a log shows of a query. */
export const GraphqlAbuseSettings = detectorSettings({
  /** Requests within ten minutes that ask for a lot with a query of their own. */
  requests10m: count(3),
  /** A query that may read the schema: characters at least, and bytes of its answer. */
  minQueryChars: count(40),
  minAnswerBytes: count(20_000),
  /** A query that is itself too much: characters, whatever its answer. */
  hugeQueryChars: count(1_000),
  /** Callers that do so, after which it is this endpoint's way. */
  usualCallers: count(3),
});
export type GraphqlAbuseSettings = Readonly<z.infer<typeof GraphqlAbuseSettings>>;
