import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

const count = (value: number) => z.number().int().min(1).max(1_000_000).default(value);
const ratio = (value: number) => z.number().min(1).max(1000).default(value);

/** Calls that cost money each: text messages, mails, orders. Counts are of one caller and endpoint in one hour. */
export const SensitiveFlowAbuseSettings = detectorSettings({
  /** Of an address without credentials: messages sent, and purchases. */
  anonymousMessages: count(20),
  anonymousPurchases: count(60),
  /** Messages of an address without credentials with one client within `burstSeconds`, when it asks for nothing else in a quarter of an hour. */
  burstMessages: z.number().int().min(3).max(16).default(6),
  burstSeconds: z.number().int().min(1).max(900).default(75),
  /** Of a consumer or credential. */
  messages: count(60),
  purchases: count(200),
  /**
   * Codes of a consumer that hardly asked for any before (`turnedShare` of its other requests), of which it made so many over so long, and
   * that now asks for hardly anything else (part of all it asked in a quarter of an hour).
   */
  turnedMessages: count(40),
  turnedShare: z.number().min(0).max(1).default(0.25),
  turnedOthers: z.number().int().min(1).max(100_000).default(5),
  turnedLeadMinutes: z.number().min(1).max(1440).default(8),
  turnedMinShare: z.number().min(0).max(1).default(0.7),
  /** Codes of a consumer that came so long after the others and asked for nothing else; minutes. */
  senderMessages: count(100),
  senderAfterMinutes: z.number().min(1).max(10_080).default(30),
  /** Times the caller's own busiest hour. */
  overOwn: ratio(3),
  /** Times the busiest hour of any other caller. */
  overPeers: ratio(1.5),
  /** Part of all that the caller asked within a quarter of an hour: people who need a code go on to use it. */
  minShare: z.number().min(0).max(1).default(0.6),
  /** Messages that addresses without credentials ask for in an hour, all together; the same while the flow is not known yet. */
  surge: count(60),
  unknownSurge: count(300),
  /** Of those calls, the part that comes from addresses that asked for nothing else for `surgeMinutes` and more; least addresses. */
  surgeShare: z.number().min(0).max(1).default(0.8),
  surgeMinutes: z.number().min(1).max(30).default(3),
  surgeAddresses: z.number().int().min(1).max(1000).default(8),
  /** Declined payments in an hour: of an address, of all addresses; their part of all payments in a quarter of an hour. */
  declined: count(12),
  declinedByAll: count(40),
  declinedShare: z.number().min(0).max(1).default(0.7),
  /** Hours that must be known before a consumer’s, or a flow’s, own busiest hour says anything. */
  minKnownHours: z.number().min(0).max(720).default(24),
});
export type SensitiveFlowAbuseSettings = Readonly<z.infer<typeof SensitiveFlowAbuseSettings>>;
