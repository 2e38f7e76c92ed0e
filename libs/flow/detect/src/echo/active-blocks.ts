import { assertNever } from '@outrider/domain/assert-never';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import type { KongAction } from '@outrider/domain/response/policy';
import type { EnforcementRecord } from '@outrider/ports/response-store';
import { isInRange } from './address-range.ts';

/** Kong may go on refusing for a while after we took a block away. */
const AFTERGLOW_MS = 15_000;
/** Events of a block may come this late after its end. */
const KEEP_MS = 600_000;
const FOR_EVER = Number.MAX_SAFE_INTEGER;

interface Block {
  readonly id: string;
  readonly status: number;
  readonly from: number;
  until: number;
  /** The end was seen or is over: no longer among the live ones. */
  goneAt: number | undefined;
}

interface RangeBlock {
  readonly tenantGateway: string;
  readonly range: string;
  readonly block: Block;
}

/** What our own enforcements answer at the moment: an event that fits is block echo. Replaced as a whole at each refresh. */
export class ActiveBlocks {
  #blocks = new Map<string, Block[]>();
  #ranges: RangeBlock[] = [];
  #records = new Map<string, EnforcementRecord>();
  readonly #announced = new Set<string>();

  get size(): number {
    return this.#records.size;
  }

  /** `live` is all that is in force (or being applied or lifted) at wall time `now`. */
  refresh(live: readonly EnforcementRecord[], now: number): void {
    const before = this.#all();
    this.#records = new Map(live.map((record) => [record.id, record]));
    const fresh = new Map<string, Block[]>();
    const ranges: RangeBlock[] = [];
    const put = (key: string, block: Block): void => {
      fresh.set(key, [...(fresh.get(key) ?? []), block]);
      const [tenant = '', gateway = '', kind = '', ...id] = key.split('|');
      if (kind === 'ip' && id.join('|').includes('/'))
        ranges.push({ tenantGateway: `${tenant}|${gateway}`, range: id.join('|'), block });
    };
    for (const record of live) put(keyOf(record), blockOf(record));
    for (const { key, block } of before) {
      if (this.#records.has(block.id)) continue;
      block.goneAt ??= now;
      block.until = Math.min(block.until, block.goneAt + AFTERGLOW_MS);
      if (now - block.goneAt <= KEEP_MS) put(key, block);
    }
    this.#blocks = fresh;
    this.#ranges = ranges;
    for (const id of this.#announced) if (!this.#records.has(id)) this.#announced.delete(id);
  }

  /** The id of our enforcement that made this answer, or undefined. */
  echoOf(event: ApiEvent): string | undefined {
    if (this.#blocks.size === 0 || event.answeredBy !== 'kong' || event.tries > 0) return undefined;
    const where = `${event.tenant}|${event.gateway}`;
    return (
      (event.consumerId === '' ? undefined : this.#fits(`${where}|consumer|${event.consumerId}`, event)) ??
      this.#fits(`${where}|ip|${event.clientIp}`, event) ??
      this.#fitsRange(where, event)
    );
  }

  /** The enforcement, the first time one of its refusals was seen; undefined afterwards, or when it is known to be effective by one. */
  firstSeen(id: string): EnforcementRecord | undefined {
    const record = this.#records.get(id);
    if (!record || this.#announced.has(id) || record.effectiveBy === 'refusal-seen') return undefined;
    this.#announced.add(id);
    return record;
  }

  /** The announcement did not get through: the next refusal tries again. */
  forgetSeen(id: string): void {
    this.#announced.delete(id);
  }

  #fits(key: string, event: ApiEvent): string | undefined {
    return this.#blocks.get(key)?.find((block) => answers(block, event))?.id;
  }

  #fitsRange(where: string, event: ApiEvent): string | undefined {
    return this.#ranges.find(
      ({ tenantGateway, range, block }) =>
        tenantGateway === where && answers(block, event) && isInRange(event.clientIp, range),
    )?.block.id;
  }

  #all(): { readonly key: string; readonly block: Block }[] {
    return [...this.#blocks].flatMap(([key, blocks]) => blocks.map((block) => ({ key, block })));
  }
}

const answers = (block: Block, event: ApiEvent): boolean =>
  event.status === block.status && event.startedAt >= block.from && event.startedAt <= block.until;

const keyOf = (record: EnforcementRecord): string =>
  `${record.tenant}|${record.gateway}|${record.entity.kind === 'ip' ? 'ip' : 'consumer'}|${record.entity.id}`;

/** Clocks of Kong and ours differ a little: the block may be felt before we noted it as applied. */
const CLOCK_SLACK_MS = 2_000;

const blockOf = (record: EnforcementRecord): Block => ({
  id: record.id,
  status: statusOf(record.action),
  from: record.createdAt - CLOCK_SLACK_MS,
  // While it is live it answers, also past its planned end: lifting takes as long as it takes.
  until: FOR_EVER,
  goneAt: undefined,
});

const statusOf = (action: KongAction): number => {
  switch (action.kind) {
    case 'block-consumer':
      return action.status;
    case 'rate-limit-consumer':
      return 429;
    case 'block-address':
      return 403;
    default:
      return assertNever(action);
  }
};
