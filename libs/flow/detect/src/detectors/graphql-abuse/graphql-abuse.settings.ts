import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(1).max(100_000).default(value);

/** GraphQL: queries by GET, and the size of bodies, which is all that a log shows of the others. */
export const GraphqlAbuseSettings = detectorSettings({
  /** Requests within ten minutes that ask for a lot with a query of their own. */
  requests10m: count(3),
  /** The same of queries that ask for the schema by name, answered 2xx; refused ones count as the others do. */
  schemaRequests: count(1),
  /** A query that may read the schema: characters at least, and bytes of its answer. */
  minQueryChars: count(20),
  minAnswerBytes: count(20_000),
  /** A query that is itself too much: characters, whatever its answer. */
  hugeQueryChars: count(1_000),
  /** Callers that do so, after which it is this endpoint's way. */
  usualCallers: count(3),
  /** Bodies (batches, aliases): bytes at least, times what 999 of 1,000 stay below, and bodies after which that is known. */
  bulkyBytes: z.number().int().min(1_024).max(1_073_741_824).default(16_384),
  bulkyOverUsual: z.number().min(1).max(1000).default(6),
  bulkyKnown: count(300),
});
export type GraphqlAbuseSettings = Readonly<z.infer<typeof GraphqlAbuseSettings>>;
