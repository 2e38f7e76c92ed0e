import { STRENGTHS, Crew, type Consequence, type Named, type Plan, type Strength } from './attacks/attack.ts';
import { ATTACKS } from './attacks/catalogue.ts';
import type { Call } from './call.ts';
import { EntryWriter } from './entry.ts';
import { actorsOf } from './estate.ts';
import { limited, outage } from './gateway.ts';
import type { Setting } from './habits/actor.ts';
import { visitors } from './habits/visitors.ts';
import { Heap, merge } from './merge.ts';
import { Mood, type EventName } from './mood.ts';
import { Random } from './random.ts';
import { DAY } from './time.ts';
import { worldOf, type World } from './world/world.ts';

export interface CorpusOptions {
  readonly seed: number;
  readonly from: number;
  readonly days: number;
  readonly consumers: number;
  /** Multiplies everybody's requests. */
  readonly scale: number;
  readonly events: ReadonlySet<EventName>;
  /** Names of attacks.ts. */
  readonly attacks: readonly string[];
  readonly strength: Strength | 'mixed';
}

/** What a detector must say of one attack. */
export interface Label {
  readonly attack: string;
  readonly type: string;
  /** Other types that are right as well. */
  readonly also: readonly string[];
  /** An alert about any of these is about this attack; without a name any of the kind. */
  readonly entities: readonly Named[];
  readonly consequences: readonly Consequence[];
  readonly from: number;
  readonly to: number;
  readonly strength: Strength;
  readonly attackRequests: number;
  /** When its requests began, the first hundred thousand: ms since epoch, in order. */
  readonly times: readonly number[];
  readonly needs: 'addresses' | 'threats' | 'openapi' | 'limits' | 'modifier' | undefined;
}

interface Planted {
  readonly attack: string;
  readonly strength: Strength;
  readonly plan: Plan;
  readonly at: number;
  readonly times: number[];
}

const KEPT_TIMES = 100_000;

/** A labelled estate as a stream of entries in the order in which Kong would send them; nothing is held but what is open. */
export class Corpus {
  readonly world: World;
  readonly #setting: Setting;
  readonly #planted: Planted[];
  readonly #actors;

  constructor(private readonly options: CorpusOptions) {
    const span = { from: options.from, to: options.from + options.days * DAY };
    const random = Random.of(options.seed, 'world');
    this.world = worldOf(random, options.seed, options.events.has('keyless'));
    const mood = new Mood(Random.of(options.seed, 'mood'), this.world.local, span, options.events);
    this.#setting = { world: this.world, mood, span, seed: options.seed, scale: options.scale };
    this.#actors = actorsOf(this.#setting, options.consumers);
    this.#planted = this.#plant();
  }

  *entries(): Generator<{ at: number; entry: object }> {
    const writer = new EntryWriter(this.world, Random.of(this.options.seed, 'entries'));
    const { span } = this.#setting;
    const ended = new Heap<Call & { end: number }>((call) => call.end);
    const lost = this.#planted.flatMap(({ plan }) => (plan.loses === undefined ? [] : [plan.loses]));
    for (const call of this.#calls()) {
      if (call.at < span.from || call.at > span.to + DAY || lost.some((loses) => loses(call))) continue;
      for (let due = ended.peek(); due !== undefined && due.end <= call.at; due = ended.peek()) {
        ended.pop();
        yield { at: due.at, entry: writer.entryOf(due) };
      }
      ended.push({ ...call, end: call.at + call.latencyMs });
    }
    for (let due = ended.pop(); due !== undefined; due = ended.pop()) yield { at: due.at, entry: writer.entryOf(due) };
  }

  /** Complete once the entries have been read to their end. */
  labels(): Label[] {
    return this.#planted.map(({ attack, strength, plan, times }) => ({
      attack,
      type: ATTACKS[attack]?.type ?? attack,
      also: plan.also ?? [],
      consequences: plan.consequences ?? [],
      entities: plan.entities,
      from: plan.from ?? times[0] ?? 0,
      to: Math.min(plan.to ?? times.at(-1) ?? 0, this.#setting.span.to),
      strength,
      attackRequests: times.length,
      times: times.slice(0, KEPT_TIMES),
      needs: ATTACKS[attack]?.needs,
    }));
  }

  #calls(): Iterable<Call> {
    const { seed } = this.options;
    const { span, mood } = this.#setting;
    const random = Random.of(seed, 'outage');
    const benign = merge<Call>([
      ...visitors(this.#setting),
      ...this.#actors.map((actor) => ({ at: span.from, open: () => actor.calls() })),
    ]);
    const broken = random.pick(this.world.services);
    const attacks = this.#planted.map(({ plan, times, at }) => ({
      at,
      open: () => counted(plan.calls, times, span.to),
    }));
    const all = merge<Call>([
      { at: span.from, open: () => changed(benign, this.#planted) },
      ...attacks.sort((a, b) => a.at - b.at),
    ]);
    return limited(this.world, outage(mood, random, broken, all));
  }

  #plant(): Planted[] {
    const { options } = this;
    const { span } = this.#setting;
    const chosen = options.attacks;
    const random = Random.of(options.seed, `attacks/${options.strength}`);
    const pool = random.shuffled(this.#actors);
    const length = span.to - span.from;
    // what needs history comes late; slots keep attacks from lying on top of each other
    const order = random.shuffled(chosen.map((_, i) => i));
    return chosen.map((name, i) => {
      const attack = ATTACKS[name];
      if (attack === undefined) throw new Error(`unknown attack ${name}; known: ${Object.keys(ATTACKS).join(', ')}`);
      const earliest = Math.max(0.45, Math.min(0.9, ((attack.days ?? 0) * DAY) / length));
      const latest = Math.max(earliest + 0.03, length > 3 * DAY ? 0.95 : 0.78); // long ones are to end in time
      const share = ((order[i] ?? 0) + random.between(0, 0.8)) / chosen.length;
      const at = span.from + length * (earliest + (latest - earliest) * share);
      const strength = options.strength === 'mixed' ? random.pick(STRENGTHS) : options.strength;
      const crew = new Crew(
        this.#setting,
        Random.of(options.seed, `${name}/${strength}`),
        strength,
        at,
        pool,
        this.#actors,
      );
      const plan = attack.plan(crew);
      return { attack: name, strength, plan, at: plan.opens ?? at, times: [] };
    });
  }
}

function* counted(calls: Iterable<Call>, times: number[], end: number): Generator<Call> {
  for (const call of calls) {
    if (call.at > end) return;
    times.push(Math.round(call.at));
    yield call;
  }
}

/** The rest of the traffic as the attacks leave it. */
function* changed(calls: Iterable<Call>, planted: readonly Planted[]): Generator<Call> {
  const changes = planted.flatMap(({ plan }) => (plan.change === undefined ? [] : [plan.change]));
  for (const call of calls) {
    let left: Call | undefined = call;
    for (const change of changes) left = left === undefined ? undefined : change(left);
    if (left !== undefined) yield left;
  }
}
