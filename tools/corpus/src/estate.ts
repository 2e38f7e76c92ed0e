import type { Call, Client, Consumer } from './call.ts';
import { HABITS, type Actor, type HabitName, type Setting } from './habits/actor.ts';
import * as machines from './habits/machines.ts';
import { admin, crowd, human } from './habits/people.ts';
import { hashOf, Random } from './random.ts';
import { DAY, HOUR, type Span } from './time.ts';
import { Internet, type Network } from './world/addresses.ts';
import { agentOf, at as moved, browser, server, withAgent } from './world/clients.ts';
import { idOf, type Resource } from './world/world.ts';

const LIVES: Record<HabitName, (setting: Setting, actor: Actor, random: Random) => Iterable<Call>> = {
  human,
  admin,
  spa: crowd('spa'),
  mobile: crowd('mobile'),
  partner: machines.partner,
  reader: machines.reader,
  poller: machines.poller,
  quarterly: machines.quarterly,
  hourly: machines.hourly,
  nightly: machines.nightly,
  weekly: machines.weekly,
  monthly: machines.monthly,
  integrator: machines.integrator,
  walker: machines.walker,
  mover: machines.mover,
};
/** What an estate is made of, in order of need: the first dozen are in every estate. */
const MIX: readonly HabitName[] = ['human', 'partner', 'reader', 'mobile', 'poller', 'human', 'hourly', 'nightly', 'spa', 'integrator', 'admin', 'partner', 'human', 'reader', 'quarterly', 'weekly', 'human', 'walker', 'mover', 'partner', 'monthly', 'human', 'poller', 'integrator', 'human', 'admin', 'reader', 'partner', 'human', 'human']; // prettier-ignore

/** The consumers of an estate; each has a random stream of its own. */
export const actorsOf = (setting: Setting, consumers: number): Actor[] => {
  const office = officeOf(setting);
  return Array.from({ length: consumers }, (_, i) => {
    const habit = MIX[i % MIX.length] ?? 'human';
    const random = Random.of(setting.seed, `consumer/${i}`);
    return habitable(setting, habit)
      ? actor(setting, random, i, habit, office)
      : actor(setting, random, i, 'partner', office);
  });
};

/** Some habits exist only where the estate's events say so. */
const habitable = (setting: Setting, habit: HabitName): boolean =>
  habit === 'mover'
    ? setting.mood.events.has('big-files')
    : habit === 'walker'
      ? setting.mood.events.has('night-walk')
      : HABITS.includes(habit);

const officeOf = (setting: Setting): string => {
  const random = Random.of(setting.seed, 'office');
  return Internet.address(random, setting.world.internet.network(random, { kind: ['business'], home: true }));
};

const actor = (setting: Setting, random: Random, i: number, habit: HabitName, office: string): Actor => {
  const { world, mood, span } = setting;
  const person = habit === 'human' || habit === 'admin';
  const consumer = consumerOf(random, i, habit, world.trade.name);
  const network = world.internet.network(random, {
    kind: person ? ['isp', 'business'] : ['hosting', 'business'],
    home: random.chance(0.8),
  });
  const mobile = world.internet.networks.find((one) => one.kind === 'mobile' && isSamePlace(one, network)) ?? network;
  const clients = clientsOf(setting, random, person, habit === 'integrator', network, office);
  const newcomer = mood.events.has('newcomers') && i % 9 === 8;
  const active: Span = newcomer
    ? { from: span.from + (span.to - span.from) * random.between(0.3, 0.6), to: span.to }
    : span;
  const start = random.integer(0, world.resources.length - 1);
  const resources = [...world.resources.slice(start), ...world.resources.slice(0, start)].slice(
    0,
    random.integer(2, 3),
  );
  const upgrades = random.chance(0.6) ? mood.release + random.between(0, 36) * HOUR : Infinity;
  const rotates = mood.events.has('key-rotation') && i % 7 === 3 && consumer.scheme === 'key';
  const self: Actor = {
    consumer,
    habit,
    resources,
    peak: 50,
    active,
    clients,
    country: network.country,
    own: (resource, k) => idOf(world, resource, objectOf(resource, setting.seed, i, k)),
    clientAt: (draw, at) => {
      const steady = habit !== 'integrator' && draw.chance(0.8);
      let client = clients[steady ? 0 : draw.integer(0, clients.length - 1)] as Client;
      // a provider gives a household another address every few days
      if (person && client.address !== office)
        client = moved(client, Internet.subscriber(network, i * 50 + Math.floor(at / (4 * DAY) + i / 7)));
      if (person && draw.chance(0.1)) client = moved(client, Internet.subscriber(mobile, i)); // on the way, by telephone
      return at > upgrades ? withAgent(client, newer(agentOf(client))) : client;
    },
    calls: () => {
      const life = LIVES[habit](setting, self, Random.of(setting.seed, `life/${i}`));
      return rotates ? rotated(setting, consumer, life, Random.of(setting.seed, `rotation/${i}`)) : life;
    },
  };
  return self;
};

/** Objects are spread over the whole collection, so that nobody's are neighbours. */
const objectOf = (resource: Resource, seed: number, i: number, k: number): number =>
  hashOf(`${seed}/${resource.name}/${i}/${k}`) % resource.size;

const NAMES = ['north', 'delta', 'acme', 'globex', 'umbra', 'initech', 'vandelay', 'hooli', 'stark', 'wayne', 'tyrell', 'aperture', 'wonka', 'duff', 'cyber', 'sirius', 'monarch', 'pied', 'bluth', 'oscorp']; // prettier-ignore
const PEOPLE = [
  'ann',
  'bob',
  'chris',
  'dana',
  'eli',
  'fatima',
  'george',
  'hanna',
  'ivan',
  'julia',
  'kim',
  'lars',
  'mia',
  'noor',
  'omar',
  'petra',
];

const consumerOf = (random: Random, i: number, habit: HabitName, trade: string): Consumer => {
  const person = habit === 'human' || habit === 'admin';
  const stem = random.pick(person ? PEOPLE : NAMES);
  const username = person ? `${stem}.${random.pick(NAMES)}${i}` : habit === 'spa' ? `${trade}-web-${i}` : habit === 'mobile' ? `${trade}-app-${i}` : `${stem}-${random.pick(['erp', 'sync', 'backend', 'feed', 'integration', 'service'])}-${i}`; // prettier-ignore
  return {
    id: random.uuid(),
    username,
    customId: random.chance(0.3) ? `C${random.integer(10_000, 99_999)}` : undefined,
    tags: random.chance(0.5)
      ? [person ? 'staff' : habit === 'spa' || habit === 'mobile' ? 'first-party' : 'partner']
      : [],
    credential: random.uuid(),
    key: random.hex(32),
    scheme: person && random.chance(0.4) ? 'bearer' : 'key',
  };
};

const isSamePlace = (one: Network | undefined, other: Network): boolean =>
  one?.lat === other.lat && one.lon === other.lon;

const clientsOf = (
  setting: Setting,
  random: Random,
  person: boolean,
  many: boolean,
  network: Network,
  office: string,
): Client[] => {
  const count = many ? random.integer(10, 36) : random.integer(1, 3); // a platform's workers leave by many doors
  const desk = setting.world.internet.networks.find(({ prefix }) => office.startsWith(`${prefix}.`));
  const inOffice = setting.mood.events.has('office-nat') && random.chance(0.7) && isSamePlace(desk, network);
  const kind = random.integer(0, 15);
  return Array.from({ length: count }, (_, n) => {
    const address = person && inOffice && n === 0 ? office : Internet.subscriber(network, n + random.integer(0, 3000));
    if (!person) return server(random, address, kind);
    const client = browser(random, address);
    // an office's proxy tells who is behind it
    return address === office && hashOf(office) % 2 === 0
      ? {
          ...client,
          headers: { ...client.headers, 'x-forwarded-for': `10.1.${random.integer(0, 3)}.${random.integer(1, 250)}` },
        }
      : client;
  });
};

/** The next release of whatever it is: the last number that is a version rises. */
const newer = (agent: string): string =>
  agent.replace(/\/(\d+)\.(\d+)/, (_, major: string, minor: string) => `/${major}.${Number(minor) + 1}`);

/** The old key keeps coming for some hours after the new one was made. */
function* rotated(setting: Setting, consumer: Consumer, calls: Iterable<Call>, random: Random): Generator<Call> {
  const from = setting.mood.rotation;
  const lag = random.between(1, 5) * HOUR;
  const fresh: Consumer = { ...consumer, key: random.hex(32), credential: random.uuid() };
  for (const call of calls) {
    if (call.at < from || call.consumer === undefined) yield call;
    else if (call.at < from + lag && random.chance(0.3)) {
      yield { ...call, consumer: undefined, badKey: consumer.key, status: 401, byKong: true, bytes: 300, latencyMs: 1 };
      yield { ...call, at: call.at, consumer: fresh };
    } else yield { ...call, consumer: fresh };
  }
}
