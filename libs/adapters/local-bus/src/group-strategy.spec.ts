import 'reflect-metadata';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Controller, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { CONSUMER_GROUPS } from '@outrider/contracts/topics/consumer-groups';
import { TransientError } from '@outrider/platform/errors';
import type { Delivery } from '@outrider/ports/event-bus';
import { aMessage } from '@outrider/testing/conformance/event-bus.conformance';
import { eventually } from '@outrider/testing/eventually';
import { Observable, of } from 'rxjs';
import type { LocalBus } from './local-bus.ts';
import { connectGroup, GroupStrategy } from '@outrider/platform/bus/group-strategy';
import { aLocalBus, temporaryFolder } from './testing.ts';

const seen: string[] = [];
let failuresLeft = 0;
let releaseSlow: (() => void)[] = [];
const note = (who: string, delivery: Delivery): void => void seen.push(`${who}:${delivery.value.toString()}`);

@Controller()
class AnalyzerController {
  @EventPattern('t.v1', CONSUMER_GROUPS.analyzer)
  async first(@Payload() delivery: Delivery): Promise<void> {
    note('analyzer-1', delivery);
    if (failuresLeft-- > 0) throw new TransientError('away');
  }

  @EventPattern('t.v1', CONSUMER_GROUPS.analyzer)
  second(@Payload() delivery: Delivery): Observable<string> {
    note('analyzer-2', delivery);
    if (delivery.value.toString() !== 'slow') return of('done');
    return new Observable((subscriber) => void releaseSlow.push(() => subscriber.complete()));
  }
}

@Controller()
class ResponderController {
  @EventPattern('t.v1', CONSUMER_GROUPS.responder)
  on(@Payload() delivery: Delivery): void {
    note('responder', delivery);
    if (delivery.value.toString() === 'bad') throw new Error('unreadable');
  }
}

@Module({ controllers: [AnalyzerController, ResponderController] })
class AppModule {}

describe('GroupStrategy', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let bus: LocalBus;
  let app: INestApplicationContext;
  const given: { offset: number; message: string }[] = [];

  beforeEach(async () => {
    seen.length = 0;
    given.length = 0;
    failuresLeft = 0;
    releaseSlow = [];
    folder = await temporaryFolder();
    bus = await aLocalBus(folder.dir);
    const made = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false });
    const onDeadLetter = ({ offset }: Delivery, error: unknown): void =>
      void given.push({ offset, message: error instanceof Error ? error.message : 'not an error' });
    connectGroup(made, new GroupStrategy(bus, CONSUMER_GROUPS.analyzer, { onDeadLetter }));
    connectGroup(made, new GroupStrategy(bus, CONSUMER_GROUPS.responder, { onDeadLetter }));
    await made.startAllMicroservices();
    app = made;
  });
  afterEach(async () => {
    for (const release of releaseSlow) release();
    await app.close();
    await bus.stop();
    await folder.remove();
  });

  const behind = (group: string): number => bus.lag().find((lag) => lag.group === group)?.messages ?? -1;

  test('gives each group of one process every message, and only to its own handlers, all of them', async () => {
    await bus.publish('t.v1', [aMessage('a'), aMessage('b')]);
    await eventually(() => seen.length === 6);
    expect([...seen].sort()).toEqual([
      'analyzer-1:a',
      'analyzer-1:b',
      'analyzer-2:a',
      'analyzer-2:b',
      'responder:a',
      'responder:b',
    ]);
    await eventually(() => behind('analyzer') === 0 && behind('responder') === 0);
  });

  test('acknowledges once all handlers of the topic have finished, an Observable included', async () => {
    await bus.publish('t.v1', [aMessage('slow')]);
    await eventually(() => releaseSlow.length === 1 && behind('responder') === 0);
    expect(behind('analyzer')).toBe(1);
    releaseSlow[0]?.();
    await eventually(() => behind('analyzer') === 0);
  });

  test('tells a passing failure of a handler from a lasting one', async () => {
    failuresLeft = 1;
    await bus.publish('t.v1', [aMessage('bad')]);
    await eventually(() => seen.filter((line) => line === 'analyzer-1:bad').length === 2 && given.length === 1);
    await eventually(() => behind('analyzer') === 0 && behind('responder') === 0);
    expect(given).toEqual([{ offset: 0, message: 'unreadable' }]);
  });
});
