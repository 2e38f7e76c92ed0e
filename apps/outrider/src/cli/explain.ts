import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { EntryReader } from '@outrider/collect/entry/entry-reader';
import { GatewayContext } from '@outrider/collect/entry/gateway-context';
import { SecretNames } from '@outrider/collect/entry/secret-names';
import { readLogFile, readLogStream, type FileChunk } from '@outrider/collect/file/log-file-reader';
import { StoredBaselines } from '@outrider/detect/baseline/baseline-source';
import { isOtherClientError, isServerError } from '@outrider/detect/engine/event-facts';
import { explainEvent } from '@outrider/detect/explain/event-explanation';
import { linearRegex } from '@outrider/detect/rules/linear-regex';
import { RuleFolder } from '@outrider/detect/rules/rule-folder';
import { RuleSet } from '@outrider/detect/rules/rule-set';
import type { Rule } from '@outrider/detect/rules/rule';
import { DetectSettings } from '@outrider/detect/settings';
import type { EventExplanation } from '@outrider/domain/detection/explanation';
import { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import { RawMatcher } from '@outrider/domain/rules/raw-matcher';
import { eventId, type ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerOf, entityKey } from '@outrider/domain/traffic/entity';
import { CallerError } from '@outrider/platform/errors';
import { systemClock } from '@outrider/ports/clock';
import type { EventStore, MinuteCount } from '@outrider/ports/event-store';

export interface ExplainSources {
  /** A log entry itself, a file of them, or `-`: its last entry is explained, those before it are context. */
  readonly line: { readonly kind: 'text' | 'file' | 'stdin'; readonly value: string };
  readonly context: readonly string[];
  /** Folder of rule files. */
  readonly rules: string | undefined;
}

/** Events held in memory; about 1 KB each. */
const MAX_EVENTS = 500_000;

/** What each detector makes of a log entry after all that the context says came before it. Nothing is sent or kept. */
export const explainLine = async (sources: ExplainSources): Promise<EventExplanation> => {
  const rules = sources.rules === undefined ? [] : await rulesOf(sources.rules);
  const parts = partsWith(rules);
  const entries = await gathered(entriesOf(sources.line, parts));
  const event = entries.at(-1);
  if (!event)
    throw new CallerError('there is no log entry that can be read; "outrider analyze" says what is wrong with a file');
  const before = [...entries.slice(0, -1)];
  for (const file of sources.context) for (const one of await gathered(readLogFile(file, parts))) before.push(one);
  const own = eventId(event);
  const earlier = before
    .filter((one) => one.startedAt <= event.startedAt && eventId(one) !== own)
    .sort((a, b) => a.startedAt - b.startedAt);
  if (earlier.length > MAX_EVENTS)
    throw new CallerError(`more than ${MAX_EVENTS} entries: give a part of them as context`);
  return explainEvent(
    {
      settings: DetectSettings.parse({}),
      baselines: new StoredBaselines({ minuteCounts: (query) => countsOf(earlier, query) }, { list: async () => [] }),
      controls: { overrides: [], exceptions: [] },
      rules,
    },
    { event, before: earlier, truncated: false },
  );
};

const rulesOf = async (dir: string): Promise<readonly Rule[]> => {
  const { rules, problems } = await RuleFolder.read(dir);
  if (problems.length > 0)
    throw new CallerError(`${dir}: ${problems.length} problems; "outrider rules check" shows them`);
  return rules;
};

const partsWith = (rules: readonly Rule[]) => {
  const { rawRules } = RuleSet.compile(rules);
  return {
    // fingerprints of one run compare with each other and with nothing else
    reader: new EntryReader({
      fingerprintKey: randomBytes(32),
      ...(rawRules.length === 0 ? {} : { rules: new RawMatcher(rawRules, linearRegex) }),
    }),
    from: new GatewayContext(GatewaySettings.parse({ id: 'default' }), new SecretNames()),
    clock: systemClock,
  };
};

const entriesOf = (
  { kind, value }: ExplainSources['line'],
  parts: ReturnType<typeof partsWith>,
): AsyncIterable<FileChunk> => {
  if (kind === 'file') return readLogFile(value, parts);
  return readLogStream(kind === 'stdin' ? process.stdin : Readable.from([Buffer.from(value)]), parts, {
    name: kind === 'stdin' ? 'standard input' : 'the line',
    totalBytes: -1,
  });
};

const gathered = async (chunks: AsyncIterable<FileChunk>): Promise<readonly ApiEvent[]> => {
  const events: ApiEvent[] = [];
  for await (const chunk of chunks) {
    for (const event of chunk.events) events.push(event);
    if (events.length > MAX_EVENTS) throw new CallerError(`more than ${MAX_EVENTS} entries: give a part of them`);
  }
  return events;
};

/** What a store would answer, from the context alone. */
const countsOf = async (
  events: readonly ApiEvent[],
  { tenant, kind, entities, range }: Parameters<EventStore['minuteCounts']>[0],
): Promise<readonly MinuteCount[]> => {
  const wanted = new Set(entities.map((id) => entityKey({ kind, id })));
  const counts = new Map<string, MinuteCount>();
  for (const event of events) {
    if (event.tenant !== tenant || event.startedAt < range.from || event.startedAt >= range.to) continue;
    const caller = callerOf(event);
    if (!wanted.has(entityKey(caller))) continue;
    const minute = Math.floor(event.startedAt / 60_000) * 60_000;
    const key = `${caller.id}|${minute}`;
    const known = counts.get(key);
    counts.set(key, minuteOf(caller.id, minute, event, known));
  }
  return [...counts.values()].sort((a, b) => a.minute - b.minute);
};

const minuteOf = (entity: string, minute: number, event: ApiEvent, known: MinuteCount | undefined): MinuteCount => ({
  entity,
  minute,
  requests: (known?.requests ?? 0) + 1,
  serverErrors: (known?.serverErrors ?? 0) + (isServerError(event.status) ? 1 : 0),
  clientErrors: (known?.clientErrors ?? 0) + (isOtherClientError(event.status) ? 1 : 0),
  refused: (known?.refused ?? 0) + (event.refusal === '' ? 0 : 1),
});
