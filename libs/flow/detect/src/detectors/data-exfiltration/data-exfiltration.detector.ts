import type { Severity } from '@outrider/domain/detection/alert';
import type { DataExfiltrationSettings } from './data-exfiltration.settings.ts';

export const DATA_EXFILTRATION_VERSION = '3';

export interface ExfiltrationView {
  /** Bytes in one to two hours, and the most before in such a time. */
  readonly bytes: number;
  readonly most: number;
  readonly hasHabits: boolean;
  /** Bytes that it sent meanwhile. */
  readonly given: number;
  /** Hours with traffic that its habits are known by. */
  readonly hours: number;
  /** Time that it was seen for before it took more than next to nothing; hours. */
  readonly quietHours: number;
  /** Most of any other caller in such a time, and how many others there are. */
  readonly peersMost: number;
  readonly peers: number;
  readonly sensitive: boolean;
  /** Exports and the like in one to two hours, where the caller never took any before; 0 else. */
  readonly firstExports: number;
  /** Answers in one to two hours, and what it created and changed meanwhile beyond what it ever did in such a time. */
  readonly answers: number;
  readonly made: number;
}

export interface ExfiltrationVerdict {
  readonly limit: number;
  readonly byHabit: boolean;
  readonly severity: Severity;
  readonly confidence: number;
}

export const judgeExfiltration = (
  view: ExfiltrationView,
  s: DataExfiltrationSettings,
): ExfiltrationVerdict | undefined => {
  const limit = limitOf(view, s);
  const peers = view.quietHours >= s.quietHours / 2 ? s.fewPeers : s.minPeers;
  if (view.bytes < limit || (!view.hasHabits && view.peers < peers)) return undefined;
  const ratio = view.bytes / limit;
  return {
    limit,
    byHabit: view.hasHabits,
    // a caller known for a day may have jobs that nobody has seen yet
    severity:
      !(view.hasHabits && view.hours < s.youngHours) &&
      (ratio >= 3 || (view.hasHabits && view.bytes > 2 * view.peersMost))
        ? 'high'
        : 'medium',
    confidence: Math.min(0.95, 0.8 + 0.05 * Math.log2(ratio)),
  };
};

/** Bytes in one to two hours that are let pass. */
export const limitOf = (view: ExfiltrationView, s: DataExfiltrationSettings): number => {
  if (!view.hasHabits) {
    // who brings as well as takes has files to exchange: a thief brings nothing
    const exchanges = view.given >= s.givenShare * view.bytes ? s.overWorking : 1;
    const floor = view.quietHours >= s.quietHours ? s.quietFloor : s.unknownFloor;
    return Math.max(exchanges * floor, s.overPeers * view.peersMost);
  }
  const young = view.hours < s.youngHours;
  // a job that works through a backlog reads more than ever, and leaves something behind for what it reads
  const works = view.made > 0 && view.made >= s.madeShare * view.answers ? s.overWorking : 1;
  const limit = works * Math.max(view.sensitive ? s.sensitiveFloor : s.floor, (young ? s.overYoungHabit : s.overHabit) * view.most); // prettier-ignore
  return view.hours >= s.firstExportHours && view.sensitive && view.firstExports >= s.firstExports
    ? Math.min(limit, Math.max(s.firstExportFloor, s.overFirstExport * view.most))
    : limit;
};
