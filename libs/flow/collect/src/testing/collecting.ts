import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { DEAD_LETTERS_TOPIC, EVENTS_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import { decodeRows, splitRows } from '@outrider/contracts/events/event-row';
import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { systemClock } from '@outrider/ports/clock';
import type { EventBus, OutgoingMessage } from '@outrider/ports/event-bus';
import type { DeadLetter } from '@outrider/ports/event-store';
import { CollectService } from '../collect.service.ts';
import type { CollectOptions } from '../collect-options.ts';
import { aGateway, FINGERPRINT_KEY } from './log-entry.ts';

export const silentLog = createLogger({ level: 'silent', pretty: false, name: 'test' });

export const TOKEN = 'a-token-for-the-tests';

export interface Published {
  readonly topic: string;
  readonly message: OutgoingMessage;
}

/** A collect stage on a bus, with all ports open on free numbers. */
export const startCollecting = async (bus: EventBus, options: Partial<CollectOptions> = {}) => {
  const metrics = new Metrics();
  const service = new CollectService(
    {
      gateways: [aGateway({ ingestToken: TOKEN })],
      fingerprintKey: FINGERPRINT_KEY,
      tcpPort: 0,
      httpPort: 0,
      ...options,
      limits: {
        lingerMs: 5,
        durableLingerMs: 1,
        drainMs: 1_000,
        stopMs: 1_000,
        retryBaseMs: 2,
        retryMaxMs: 10,
        ...options.limits,
      },
    },
    { bus, clock: systemClock, log: silentLog, metrics },
  );
  await service.listen();
  return {
    service,
    metrics,
    stop: async (): Promise<void> => {
      await service.stopListening();
      await service.flush();
    },
  };
};

/** How many events were published, without decoding them. */
export const countIn = (published: readonly Published[]): number =>
  published.reduce(
    (sum, { topic, message }) => sum + (topic === EVENTS_TOPIC.name ? Number(message.headers['count']) : 0),
    0,
  );

export const eventsIn = (published: readonly Published[]): ApiEvent[] =>
  published
    .filter(({ topic }) => topic === EVENTS_TOPIC.name)
    .flatMap(({ message }) => decodeRows(splitRows(message.value)));

export const lettersIn = (published: readonly Published[]): DeadLetter[] =>
  published
    .filter(({ topic }) => topic === DEAD_LETTERS_TOPIC.name)
    .flatMap(({ message }) => JSON.parse(message.value.toString('utf8')) as DeadLetter[]);
