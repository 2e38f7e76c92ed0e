import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(0).max(100_000).default(value);

/** Old versions that were quiet and are used again. */
export const ZombieEndpointSettings = detectorSettings(
  {
    /** Good answers of the old version to a caller that is new to it, within a day. */
    minSuccesses: count(6),
    /** Days that the newer version must have been in sight. */
    minDays: z.number().min(0).max(30).default(1),
    /** Good answers to all others within seven days up to which an old version is quiet. */
    quietSuccesses: count(20),
    /** More callers new to it within a day than this: it was put to use again on purpose. */
    maxNewCallers: count(2),
    /** Known resources of one caller within an hour under versions that are not there, and different versions among them. */
    searchedPaths: count(4),
    searchedPrefixes: count(2),
    /** For what a document calls over: good answers, over so many hours. */
    documentedSuccesses: count(10),
    documentedHours: z.number().min(0).max(720).default(2),
  },
  720,
);
export type ZombieEndpointSettings = Readonly<z.infer<typeof ZombieEndpointSettings>>;
