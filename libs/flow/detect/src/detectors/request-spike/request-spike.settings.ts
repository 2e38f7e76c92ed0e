import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const ratio = (value: number) => z.number().min(1).max(1000).default(value);
const requests = (value: number) => z.number().int().min(1).max(10_000_000).default(value);

/** Counts are requests of one caller in 5 minutes unless the name says otherwise. */
export const RequestSpikeSettings = detectorSettings({
  /** Probability under the baseline below which a count is a surprise. */
  maxProbability: z.number().min(1e-30).max(0.01).default(1e-6),
  /** Times the expected count. */
  minRatio: ratio(3),
  /** Times the 99.9th percentile of 14 days. */
  noveltyOverP999: ratio(1.5),
  /** Times the maximum of 14 days. */
  noveltyOverMax: ratio(1.5),
  /** Below it nothing is a spike. */
  floor: requests(200),
  /** Everything above, while fewer than 7 days are known. */
  provisionalFactor: ratio(1.5),
  /** While provisional: times the busiest five minutes of the last quarter of an hour, so that ramps stay silent. */
  provisionalAbruptness: ratio(2.5),
  /** Times the 14-day maximum, reached within 30 s. */
  fastRatio: ratio(20),
  /** Requests in 30 s below which the fast path is silent. */
  fastFloor30s: requests(300),
  /** While learning: the floor. */
  learningFloor: requests(500),
  /** The same of one client at one endpoint, when it is so many times the caller's own busiest five minutes. */
  loopFloor: requests(350),
  loopRatio: ratio(40),
  /** One and the same request in five minutes, of a caller that is known for so long and did little. */
  repeatFloor: requests(400),
  repeatLifeMinutes: z.number().min(1).max(1440).default(20),
  /** The same of a consumer that came so long after the others: it is being taken on, and loads what it needs. */
  onboardingFloor: requests(2000),
  onboardingLeadMinutes: z.number().min(1).max(10_080).default(60),
  /** It is new for so long: who calls seldom for weeks is still learned, but is no new customer. */
  onboardingHours: z.number().min(1).max(720).default(24),
  /** While learning: times the caller's own busiest five minutes. */
  learningRatio: ratio(4),
  /** The same grows with `1 + learningDoubtMinutes / minutes known`: little past, much doubt. */
  learningDoubtMinutes: z.number().min(0).max(1440).default(10),
  /** While learning: times what nine in ten of the peers never passed. */
  learningPeerRatio: z.number().min(0).max(100).default(1),
  /** The peers' word counts half once so many hours of the caller's own life are known, a third after twice as many, and so on. */
  learningPeerHours: z.number().min(0.1).max(240).default(4),
  /** While learning: what a caller must have shown before a rise can be told from its usual. */
  learningActiveMinutes: z.number().int().min(1).max(1440).default(6),
  learningRequests: requests(30),
  /** A caller younger than that evidence: requests in 20 s, times its own busiest 10 s doubled, after so many buckets of 10 s and requests. */
  youngFloor20s: requests(400),
  /** The same of one client at one endpoint. */
  youngLoopFloor20s: requests(200),
  youngRatio: ratio(10),
  youngBuckets: z.number().int().min(1).max(60).default(2),
  youngRequests: requests(8),
  /** A caller without any past: requests in 30 s, and times the busiest five minutes of any peer. Initial loads stay below. */
  newcomerCeiling30s: requests(3000),
  newcomerRatio: ratio(20),
  newcomerMinPeers: z.number().int().min(1).max(1000).default(3),
  /**
   * A caller without any past that comes while others are watched, one client (`arrivalMonotony` of its requests) at one endpoint. An
   * address: requests in 5 min and in 30 s, times what nine in ten of the other addresses never passed, times the busiest. A consumer: in 30 s only.
   */
  arrivalFloor: requests(900),
  arrivalFloor30s: requests(450),
  /** In 30 s: of a consumer, and of an address with many clients or endpoints. */
  arrivalConsumerFloor30s: requests(1500),
  arrivalRatio: ratio(3),
  arrivalOverMax: ratio(1.5),
  /** The floor where so many other addresses are known, times the busiest of them. */
  arrivalKnownFloor: requests(500),
  arrivalKnownPeers: z.number().int().min(1).max(100_000).default(50),
  arrivalKnownOverMax: ratio(5),
  arrivalMonotony: z.number().min(0).max(1).default(0.95),
  /** Buckets of 10 s for which the others were watched before its first request. */
  arrivalLeadBuckets: z.number().int().min(0).max(8640).default(12),
  /** Not yet mature: a burst that begins within 20 s of a quarter of an hour looks like a job; thresholds times this. */
  scheduledFactor: ratio(3),
  /** So many other callers, and this share of those that are busy, rise by `surgeRatio` at once: it is the estate, not the caller. */
  surgeCallers: z.number().int().min(2).max(1000).default(4),
  surgeShare: z.number().min(0.05).max(1).default(0.25),
  surgeRatio: ratio(1.8),
  /** Answers 429 to one caller in a minute, and their least share of its requests: a flood that needs no history. */
  refusedFloor60s: requests(500),
  refusedShare: z.number().min(0.1).max(1).default(0.3),
  /** Requests that one caller gave up within a second each (499), in a minute, and their share. */
  abandonedFloor60s: requests(150),
  abandonedShare: z.number().min(0.1).max(1).default(0.8),
  /** Part of the requests of a caller with credentials that create or change something, with as large a part that reads: work; thresholds times this. */
  workShare: z.number().min(0.01).max(0.5).default(0.25),
  workFactor: ratio(4),
  /** So many addresses within five minutes, each with so few requests, are the audience of an app that shares one key. */
  audienceAddresses: z.number().int().min(10).max(512).default(100),
  audienceRequests: z.number().min(1).max(1000).default(6),
  /** Share of server errors in the window from which it is a retry storm. */
  maxServerErrorShare: z.number().min(0.1).max(1).default(0.5),
  /** Share of the window that another finding on the caller explains. */
  maxExplainedShare: z.number().min(0.1).max(1).default(0.5),
});
export type RequestSpikeSettings = Readonly<z.infer<typeof RequestSpikeSettings>>;
