import * as z from 'zod';
import { detectorSettings } from '../../engine/detector.ts';

/** Calls through the gateway to what runs the gateway, or the machine it runs on. */
export const ControlPlaneAbuseSettings = detectorSettings(
  {
    /** Ports that are Kong's Admin API on any host, where it does not listen on 8001 or 8444. */
    adminPorts: z.array(z.number().int().min(1).max(65_535)).max(16).default([]),
    /** Time from the first answer on in which a control plane's regular callers show themselves; hours. */
    learnHours: z.number().min(1).max(720).default(24),
    /** 401 and 403 of one caller in 10 min that are guessing. */
    guesses: z.number().int().min(3).max(100_000).default(10),
    /** The same of all callers together. */
    guessesOfAll: z.number().int().min(3).max(1_000_000).default(40),
  },
  60,
);
export type ControlPlaneAbuseSettings = Readonly<z.infer<typeof ControlPlaneAbuseSettings>>;
