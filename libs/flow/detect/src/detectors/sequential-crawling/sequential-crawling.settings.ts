import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(5).max(1_000_000).default(value);

/** Runs of ids or pages: each a small constant step from the one before. */
export const SequentialCrawlingSettings = detectorSettings({
  /** Ids in a row: callers with credentials, and without. */
  ids: count(22),
  anonymousIds: count(40),
  /** The same of a browser at fewer ids a minute than this: people work through a list from item to item. */
  leisureIds: count(150),
  leisurePace: z.number().min(0.1).max(100_000).default(5),
  /** Without credentials, at so many ids a minute and more. */
  briskIds: count(32),
  briskPace: z.number().min(1).max(100_000).default(8),
  /**
   * Different ids of one region in whatever order, so many a minute, with so large a part of it asked for, nearly none twice: callers with
   * credentials; browsers and apps, which load what a screen shows at once; callers without credentials times a factor.
   */
  denseIds: count(40),
  denseScreenIds: count(120),
  /** Of a screen whose user is known for `highHours` and never loaded a quarter as many new ones. */
  denseHabitIds: count(60),
  denseAnonymousFactor: z.number().min(1).max(100).default(2),
  densePace: z.number().min(0.1).max(100_000).default(10),
  denseShare: z.number().min(0.3).max(1).default(0.8),
  denseNewShare: z.number().min(0.3).max(1).default(0.85),
  /** Times the longest run that the caller ever made. */
  overHabit: z.number().min(1).max(100).default(2.5),
  /** The same for pages of who turned `pages` and more at a time. */
  overLongHabit: z.number().min(1).max(100).default(8),
  /** Pages in a row of who has no credentials, where others turn few, and where nobody else is known. */
  anonymousPages: count(40),
  lonelyPages: count(100),
  /** The same at this many pages a minute, of what is no browser and no app, where more than `briskPagers` turn pages, none more than a quarter as many. */
  briskPages: count(24),
  briskPagePace: z.number().min(1).max(100_000).default(10),
  briskPagers: count(20),
  /** Pages in a row of who has credentials and is known for `habitHours` when the walk begins. */
  pages: count(150),
  habitHours: z.number().min(0.5).max(720).default(24),
  /** The same where more than `pagers` others turn pages, and none more than a part (1 : `overOthers`) of that. */
  lonePages: count(60),
  pagers: count(8),
  /** The same of who is known for so long, turned pages before, and so many times as many now; hours. */
  deepPages: count(24),
  deepHours: z.number().min(1).max(720).default(72),
  overOwn: z.number().min(1).max(1000).default(8),
  overOthers: z.number().min(1).max(1000).default(6),
  /** High severity is for callers that are known for so long; hours of event time. */
  highHours: z.number().min(0).max(720).default(24),
  /** Limits of crawlers that say what they are: times this. */
  crawlerFactor: z.number().min(1).max(1000).default(5),
  /** Ids that one list may have named. */
  perList: count(110),
  /** The same of one right before the first id, whatever its size: a usual page. */
  nearList: count(30),
  /** Refused ids of the run, and their share, from which on no list named them. */
  unlistedRefused: z.number().int().min(1).max(1000).default(2),
  unlistedShare: z.number().min(0.01).max(1).default(0.04),
  /** So many other callers that do alike make it the way the API is used. */
  alike: z.number().int().min(1).max(15).default(3),
  /** Slowest run; ids or pages in ten minutes. */
  minPace: z.number().min(0.1).max(10_000).default(8),
  /** Answers 401 and 403 on the way, and their share, from which on the pace does not matter. */
  denied: z.number().int().min(1).max(10_000).default(6),
  deniedShare: z.number().min(0.01).max(1).default(0.15),
});
export type SequentialCrawlingSettings = z.infer<typeof SequentialCrawlingSettings>;
