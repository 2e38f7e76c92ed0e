import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(1).max(100_000).default(value);

/** One credential in many places at the same time. */
export const CredentialSharingSettings = detectorSettings(
  {
    /** New places (neighbours count once) with real use within an hour. */
    newPlaces: count(4),
    /** New countries besides the usual ones within an hour; needs an address table. */
    newCountries: count(2),
    /** Addresses that begin with so many different numbers are no provider's pool. */
    farApart: count(6),
    /** Times the new places that the caller took up on an ordinary day before. */
    usualFactor: z.number().min(1).max(100).default(3),
    /** Times all places that it had before: who comes from everywhere comes from elsewhere as well. */
    overPlaces: z.number().min(0).max(100).default(0.5),
    /** The same of browsers and apps with more places than one person has (`suddenOfPlaces`), until they are known for so many days. */
    overYoungPlaces: z.number().min(0).max(100).default(2),
    knownDays: z.number().int().min(1).max(365).default(7),
    /** Told within minutes, by a request from each, with so many different clients, of who never had more places than this. */
    suddenClients: count(3),
    suddenOfPlaces: count(6),
    /** Answered requests from a place within the hour before it counts; of twice as many places two each do, of three times as many one. */
    minRequests: count(5),
    /** What is known of the caller: answered requests, and days with traffic. */
    minHistoryRequests: count(50),
    minHistoryDays: z.number().int().min(1).max(365).default(2),
    /** With less history (but so many hours of it, with three times the requests, from at most two places) so many new places. */
    newPlacesUnknown: count(8),
    minUnknownHours: z.number().min(0.5).max(48).default(3),
    /** Of a program that had one network for an hour, with so many answered requests, so many far apart and by turns. */
    newPlacesEarly: count(5),
    minEarlyHours: z.number().min(0.25).max(48).default(1),
    minEarlyRequests: count(30),
  },
  60,
);
export type CredentialSharingSettings = Readonly<z.infer<typeof CredentialSharingSettings>>;
