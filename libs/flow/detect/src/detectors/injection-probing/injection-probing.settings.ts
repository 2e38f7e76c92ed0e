import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(1).max(10_000).default(value);

/** Injection texts in path, query, user agent or referer. */
export const InjectionProbingSettings = detectorSettings({
  /** Score (critical 5, warning 3, summed over families) from which a request counts as a probe. */
  minScore: z.number().int().min(3).max(100).default(5),
  /** Different probes of one caller. */
  distinct10m: count(3),
  distinct24h: count(5),
  /**
   * Where no honest text stands (an id, a file's name, the path, a client's name): score of a request that leaves no doubt by itself, and different ones that do
   * together.
   */
  aloneScore: z.number().int().min(5).max(100).default(10),
  firm10m: count(2),
  /** Score of one family in one request that nobody sends by chance; Log4Shell needs no more than `minScore`. */
  ssrfAlone: z.number().int().min(5).max(25).default(10),
  /** A caller whose probes are a smaller part of its requests passes on what others type: it is told only when they are of several families. */
  minShare: z.number().min(0).max(1).default(0.01),
  /** The same in ten minutes, and then of ten probes and more, of a consumer whose probes all stand in searches, filters and texts, and are answered. */
  minFreeShare: z.number().min(0).max(1).default(0.6),
  /** An endpoint is used to a family when so many callers from as many networks had it answered, over so many hours. */
  usualCallers: count(5),
  usualHours: z.number().min(0).max(720).default(6),
  /** The most that a single family may score where it is usual. */
  usualScore: z.number().int().min(3).max(25).default(13),
});
export type InjectionProbingSettings = Readonly<z.infer<typeof InjectionProbingSettings>>;
