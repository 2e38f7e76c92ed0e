import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { EngineJob, EngineQueue } from './queue-engine.ts';

/** What a job carries in the queue: the payload, and when it was wanted (ms since epoch), since BullMQ does not tell of a changed delay. */
export const Envelope = z.object({ payload: z.unknown(), dueAt: z.number() });
export type Envelope = z.infer<typeof Envelope>;

/**
 * BullMQ takes an id once: while a job of it runs, or was left running by a process that died, adding it again does nothing. So each of our
 * ids has a few slots: one runs, another waits.
 */
const SLOTS = 3;
const SAFE_ID = /^[A-Za-z][\w.-]{0,199}$/;

/** BullMQ refuses `:` and integers; anything unusual goes in as its hash. */
const engineId = (jobId: string): string =>
  SAFE_ID.test(jobId) ? `j-${jobId}` : `h-${createHash('sha256').update(jobId).digest('hex')}`;

/** An id belongs to its job name: two jobs of one queue may use the same one. */
export const slotsOf = (name: string, jobId: string): readonly string[] => {
  const id = engineId(`${name}.${jobId}`);
  return Array.from({ length: SLOTS }, (_, slot) => (slot === 0 ? id : `${id}~${slot}`));
};

/** The id without its slot: jobs of one do not run side by side. */
export const slotGroup = (id: string): string => id.replace(/~\d$/, '');

export type Placement =
  | { readonly kind: 'pending'; readonly id: string; readonly state: string }
  | { readonly kind: 'free'; readonly id: string; readonly removeFirst: boolean }
  | { readonly kind: 'none' };

const PENDING = new Set(['waiting', 'delayed', 'prioritized', 'waiting-children']);

/** Where a new job of this id belongs, by the states of its slots. */
export const placementOf = (slots: readonly { readonly id: string; readonly state: string }[]): Placement => {
  const pending = slots.find(({ state }) => PENDING.has(state));
  if (pending) return { kind: 'pending', ...pending };
  const free = slots.find(({ state }) => state !== 'active');
  if (!free) return { kind: 'none' };
  return { kind: 'free', id: free.id, removeFirst: free.state === 'failed' || free.state === 'completed' };
};

/** Of two times the earlier holds. A job that was started or removed meanwhile needs nothing. */
export const pullForward = async (queue: EngineQueue, id: string, wanted: Envelope, now: number): Promise<void> => {
  const job = await queue.getJob(id);
  if (!job) return;
  const present = Envelope.safeParse(job.data);
  // One that waits for its next attempt says nothing of its time: it is pulled forward whenever asked.
  const retrying = job.attemptsMade > 0;
  if (present.success && !retrying && present.data.dueAt <= wanted.dueAt) return;
  await moveTo(job, Math.max(0, wanted.dueAt - now)).catch(async (error: unknown) => {
    if ((await queue.getJobState(id)) === 'delayed') throw error;
  });
};

const moveTo = async (job: EngineJob, delayMs: number): Promise<void> => {
  const present = Envelope.safeParse(job.data);
  if (delayMs === 0) await job.promote();
  else {
    if (job.attemptsMade > 0) return;
    await job.changeDelay(delayMs);
  }
  if (present.success) await job.updateData({ ...present.data, dueAt: Date.now() + delayMs });
};
