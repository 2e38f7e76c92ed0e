import { describe, expect, it } from '@jest/globals';
import { Metrics } from '@outrider/platform/metrics';
import type { DeadLetter } from '@outrider/ports/event-store';
import { lettersIn, silentLog } from '../testing/collecting.ts';
import { GatedBus } from '../testing/gated-bus.ts';
import { collectMetrics } from './collect-metrics.ts';
import { DeadLetterPublisher, type DeadLetterSettings } from './dead-letter-publisher.ts';

const aLetter = (n: number): DeadLetter => ({
  tenant: 'default',
  gateway: 'kong',
  id: n.toString(16).padStart(32, '0'),
  receivedAt: 1,
  reason: 'not-json',
  detail: '',
  excerpt: '',
  bytes: 1,
  transport: 'tcp',
});

const publisherOn = (bus: GatedBus, settings: Partial<DeadLetterSettings> = {}) => {
  const metrics = new Metrics();
  const clock = { at: 0, now: () => clock.at };
  const publisher = new DeadLetterPublisher(
    { bus, clock, log: silentLog, metrics: collectMetrics(metrics) },
    {
      perSecond: 10,
      burst: 20,
      maxWaiting: 1_000,
      lingerMs: 1,
      retryBaseMs: 1,
      retryMaxMs: 2,
      stopMs: 100,
      ...settings,
    },
  );
  return { publisher, metrics, clock };
};

describe('DeadLetterPublisher', () => {
  it('keeps as many as the rate allows and counts the rest', async () => {
    const bus = new GatedBus();
    const { publisher, metrics, clock } = publisherOn(bus);
    for (let n = 0; n < 100; n++) publisher.offer(() => aLetter(n));
    clock.at = 500;
    for (let n = 100; n < 200; n++) publisher.offer(() => aLetter(n));
    await publisher.flush();
    expect(lettersIn(bus.published)).toHaveLength(25);
    expect(await metrics.text()).toContain('outrider_collect_dead_letters_shed_total{reason="rate-limited"} 175');
  });

  it('a batch that Kong sends again and again makes its dead letter once', async () => {
    const bus = new GatedBus();
    const { publisher, metrics } = publisherOn(bus);
    for (let n = 0; n < 5; n++) publisher.offer(() => aLetter(7));
    await publisher.flush();
    expect(lettersIn(bus.published)).toHaveLength(1);
    expect(await metrics.text()).toContain('outrider_collect_dead_letters_shed_total{reason="repeated"} 4');
  });

  it('a bus that is away costs no letter within the bound, and one that stays away does not hold up the stop', async () => {
    const bus = new GatedBus();
    bus.mode = 'away';
    const { publisher, metrics } = publisherOn(bus, { maxWaiting: 5 });
    for (let n = 0; n < 8; n++) publisher.offer(() => aLetter(n));
    const flushed = publisher.flush();
    bus.mode = 'open';
    await flushed;
    expect(lettersIn(bus.published)).toHaveLength(5);
    expect(await metrics.text()).toContain('reason="queue-full"} 3');
    bus.mode = 'hanging';
    publisher.offer(() => aLetter(99));
    await publisher.stop();
  });
});
