import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(1).max(10_000).default(value);

/** Of a long query at least; what is shorter by its characters alone is not looked at. */
export const FEWEST_LONG_NAMES = 20;

/** Query parameters that an endpoint never had. */
export const UndocumentedParameterSettings = detectorSettings({
  /** Good answers of an endpoint after which its parameters are known. */
  minSuccesses: count(50),
  /** The same for names and values that ask for rights, at an endpoint that so many callers use: nobody filters by them, so that little must be known. */
  rightsSuccesses: count(5),
  rightsCallers: count(3),
  /** Good answers after which a name that was never tried, and a value that was always a number, says something. */
  settledSuccesses: count(100),
  /** Requests of one caller within an hour with a name that nobody filters by (`debug`), a text for a number, a name twice (`page=1&page=2`). */
  tries: count(3),
  /** New names that give rights (`is_admin`) and new names that may (`role`, `debug`) of one caller within an hour. */
  privilegedNames: count(1),
  doubtfulNames: count(2),
  /** Any new names of one caller at one endpoint within ten minutes, and good answers before that. */
  minedNames: count(30),
  minedSuccesses: count(200),
  /** Different names in one query that make it a long one; long queries of one caller at one endpoint within ten minutes that mostly have names of their own, and all their names. */
  longQueryNames: z.number().int().min(FEWEST_LONG_NAMES).max(100).default(30),
  changingQueries: count(3),
  changingNames: z.number().int().min(1).max(500).default(100),
  /** Callers that use a name, after which it is the endpoint's own. */
  adoptedBy: count(3),
});
export type UndocumentedParameterSettings = Readonly<z.infer<typeof UndocumentedParameterSettings>>;
