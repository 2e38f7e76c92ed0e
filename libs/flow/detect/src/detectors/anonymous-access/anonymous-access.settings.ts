import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

/** Answers to nobody in particular where credentials were always needed. */
export const AnonymousAccessSettings = detectorSettings(
  {
    /** Good answers to callers with a credential from which a route or endpoint counts as theirs. */
    minAuthenticated: z.number().int().min(20).max(10_000_000).default(200),
    /** Part of its good answers that went to callers without one, up to which it does. */
    maxAnonymousShare: z.number().min(0).max(0.2).default(0.01),
    /** Different callers among them; where Kong was never seen to refuse anybody there, and where it was. */
    minCallers: z.number().int().min(1).max(64).default(3),
    minCallersProven: z.number().int().min(1).max(64).default(1),
    /** Time watched before; hours. Where Kong was seen to refuse for want of a credential, it need not be long. */
    minHistoryHours: z.number().min(0).max(720).default(20),
    /** Refusals for want of a credential that prove that one is needed. */
    minRefusals: z.number().int().min(1).max(1_000).default(3),
    /** A younger log tells only that a route was opened: after so many minutes of callers with a credential alone, so many answers to others alone. */
    minYoungMinutes: z.number().min(1).max(1_440).default(10),
    minAnswersOpened: z.number().int().min(2).max(100_000).default(10),
    /** Good answers without a credential, no pause of an hour between. */
    minAnswers: z.number().int().min(2).max(100_000).default(5),
    /** Where so many times `minAuthenticated` good answers all went to callers with one, fewer do. */
    sureTimes: z.number().min(1).max(1_000).default(2),
    minAnswersSure: z.number().int().min(2).max(100_000).default(3),
    /** From so many on it is high rather than medium. */
    manyAnswers: z.number().int().min(2).max(1_000_000).default(30),
    /** When it went on for so long, it is meant: told no more; hours. */
    meantAfterHours: z.number().min(1).max(2_160).default(48),
  },
  60,
);
export type AnonymousAccessSettings = z.infer<typeof AnonymousAccessSettings>;
