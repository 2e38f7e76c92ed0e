import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { CustomTransportStrategy, Server } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { CONSUMER_GROUPS } from '@outrider/contracts/topics/consumer-groups';
import { CHANGES_TOPIC } from '@outrider/contracts/topics/topic-catalogue';
import { anAlert } from '@outrider/domain/detection/testing';
import { aPolicy } from '@outrider/domain/response/testing';
import { Lifecycle } from '@outrider/platform/lifecycle';
import { Metrics } from '@outrider/platform/metrics';
import { AlertStore } from '@outrider/ports/alert-store';
import { Clock } from '@outrider/ports/clock';
import { EventBus } from '@outrider/ports/event-bus';
import { JobQueue } from '@outrider/ports/job-queue';
import { EnforcementStore, PolicyStore } from '@outrider/ports/response-store';
import { eventually } from '@outrider/testing/eventually';
import { EvaluateModule } from './evaluate.module.ts';
import { anEvaluateStage } from './testing.ts';

/** The smallest transport: hands a message to the handler of its topic. */
class Loopback extends Server implements CustomTransportStrategy {
  override readonly transportId = CONSUMER_GROUPS.responder;
  listen(done: () => void): void {
    done();
  }
  close(): void {}
  on(): void {}
  unwrap<T>(): T {
    throw new Error('nothing to unwrap');
  }
  async deliver(value: object): Promise<void> {
    const handler = this.getHandlerByPattern(CHANGES_TOPIC.name);
    if (!handler) throw new Error('no handler');
    await handler({ topic: CHANGES_TOPIC.name, partition: 0, offset: 0, value: Buffer.from(JSON.stringify(value)) });
  }
}

const appOn = async (stage: ReturnType<typeof anEvaluateStage>, sweepEveryMs: number) => {
  const lifecycle = new Lifecycle(stage.log);
  const engines = [
    { provide: AlertStore, useValue: stage.alerts },
    { provide: PolicyStore, useValue: stage.policyStore },
    { provide: EnforcementStore, useValue: stage.enforcements },
    { provide: JobQueue, useValue: stage.jobs },
    { provide: EventBus, useValue: stage.bus },
    { provide: Clock, useValue: stage.clock },
    { provide: Metrics, useValue: stage.metrics },
    { provide: Lifecycle, useValue: lifecycle },
    { provide: 'outrider.logger', useValue: stage.log },
  ];
  class Engines {}
  Module({ providers: engines, exports: engines.map((engine) => engine.provide) })(Engines);
  const options = { allowPrivateAddresses: false, sweepEveryMs };
  const built = await Test.createTestingModule({
    imports: [{ module: Engines, global: true }, EvaluateModule.register(options)],
  }).compile();
  const transport = new Loopback();
  const app = built.createNestMicroservice({ strategy: transport, logger: false });
  await app.listen();
  await lifecycle.start();
  const close = async (): Promise<void> => {
    await lifecycle.stop();
    await app.close();
  };
  return { transport, close };
};

test('wired up, a change on the bus becomes an enforcement', async () => {
  const stage = anEvaluateStage([aPolicy()]);
  const { transport, close } = await appOn(stage, 60_000);
  const alert = await stage.stored(anAlert());
  await transport.deliver({
    v: 1,
    tenant: 'default',
    kind: 'alert',
    id: alert.id,
    revision: 1,
    change: 'opened',
    at: 1,
  });
  await eventually(async () => (await stage.enforcements.live()).length === 1);
  await close();
});

test('wired up, the sweep starts and stops with the process', async () => {
  const stage = anEvaluateStage([aPolicy()]);
  const { close } = await appOn(stage, 5);
  await stage.stored(anAlert());
  await eventually(async () => (await stage.enforcements.live()).length === 1);
  await close();
});
