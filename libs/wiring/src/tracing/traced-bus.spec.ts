import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { LocalBus } from '@outrider/local-bus/local-bus';
import { createLogger } from '@outrider/platform/logger';
import { Metrics } from '@outrider/platform/metrics';
import { Tracer, type SpanOptions } from '@outrider/platform/telemetry/tracer';
import { systemClock } from '@outrider/ports/clock';
import { eventually } from '@outrider/testing/eventually';
import { TracedBus } from './traced-bus.ts';

/** Numbers its spans; a message carries the number of the span that published it. */
class Numbered extends Tracer {
  readonly spans: { readonly name: string; readonly parent: string | undefined }[] = [];
  async span<T>(name: string, { from }: SpanOptions, work: () => Promise<T>): Promise<T> {
    this.spans.push({ name, parent: from?.['traceparent'] });
    return work();
  }
  headers(): Readonly<Record<string, string>> {
    return { traceparent: String(this.spans.length) };
  }
  async stop(): Promise<void> {
    return;
  }
}

let dir: string;
let local: LocalBus;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'outrider-traced-'));
  const deps = {
    log: createLogger({ name: 't', level: 'silent', pretty: false }),
    metrics: new Metrics(),
    clock: systemClock,
  };
  local = new LocalBus({ dir, fsync: 'interval', topics: { t: { maxBytes: 2 ** 24, groups: ['g'] } } }, deps);
  await local.start();
});
afterEach(async () => {
  await local.stop();
  rmSync(dir, { recursive: true, force: true });
});

it('carries the trace in the headers beside those of the sender, and hands handlers and their errors on', async () => {
  const tracer = new Numbered();
  const bus = new TracedBus(local, tracer);
  const headers: Readonly<Record<string, string>>[] = [];
  let failed = false;
  await bus.consume({ topic: 't', group: 'g', onDeadLetter: () => void (failed = true) }, async (delivery) => {
    headers.push(delivery.headers);
    throw new Error('for ever');
  });
  await bus.publish('t', [{ key: 'k', value: Buffer.from('x'), headers: { own: '1' } }]);
  await eventually(() => failed);
  expect(headers).toEqual([{ own: '1', traceparent: '1' }]);
  expect(tracer.spans).toEqual([
    { name: 'publish t', parent: undefined },
    { name: 'process t', parent: '1' },
  ]);
  expect([bus.partitions('t'), bus.pressure('t')]).toEqual([local.partitions('t'), local.pressure('t')]);
});
