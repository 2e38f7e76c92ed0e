import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(1).max(100_000).default(value);

/** Clients that say they are scanning or attack tools, or say nothing. All limits are within a day. */
export const ScannerClientSettings = detectorSettings(
  {
    /** Different paths, those that everybody asks for (`/`, `/robots.txt`) left out, or requests of a tool. */
    paths: count(2),
    requests: count(20),
    /** The same for surveys of the whole internet, which knock at every address there is. */
    surveyPaths: count(5),
    surveyRequests: count(50),
    /** Different paths *and* requests within an hour of an address that names no client at all. */
    namelessPaths: count(8),
    namelessRequests: count(20),
    /** Addresses without a client's name from which the tenant has ordinary traffic: then it says nothing. */
    namelessUsual: count(3),
    /** Days that a consumer must have used the tool: its own tests. */
    knownDays: z.number().min(0).max(365).default(2),
  },
  360,
);
export type ScannerClientSettings = Readonly<z.infer<typeof ScannerClientSettings>>;
