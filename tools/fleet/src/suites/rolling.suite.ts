import { install } from '../installation.ts';
import type { Kind } from '../fleet-process.ts';
import { Load } from '../load.ts';
import { until } from '../traffic.ts';
import { quiet } from './path.suite.ts';
import type { Suite } from './suite.ts';

const EVENTS_PER_SECOND = 500;
const ORDER: readonly Kind[] = ['collector', 'analyzer', 'responder', 'api'];

/** An upgrade: every process is restarted in order, one after the other, while entries come. */
export const rolling: Suite = {
  name: 'rolling',
  run: async ({ services, checks }) => {
    const installation = await install(services, {
      name: 'rolling',
      number: 2,
      counts: { collector: 2, analyzer: 2, responder: 2, api: 2 },
    });
    const { fleet, truth } = installation;
    const load = new Load({
      targets: () => fleet.of('collector').map(({ ports }) => ({ httpPort: ports.http ?? 0, tcpPort: ports.tcp ?? 0 })),
      token: fleet.ingestToken,
      eventsPerSecond: EVENTS_PER_SECOND,
    });
    try {
      await checks.step(
        'start',
        () => fleet.start(),
        () => fleet.tails(),
      );
      await checks.step(
        'rolling restart under load',
        async () => {
          load.start();
          for (const kind of ORDER)
            for (const process of fleet.of(kind)) {
              const began = performance.now();
              const code = await process.stop();
              await process.start();
              checks.equal(`${process.name} stops in order and is back`, code, 0);
              console.log(
                `     ${process.name}: ${Math.round(performance.now() - began)} ms, ${load.acknowledged.size} taken`,
              );
            }
          await load.stop();
          const taken = load.acknowledged.size;
          await until(
            async () => (await truth.counts()).distinct,
            (count) => count >= taken,
            90_000,
          );
          await quiet(fleet);
          const stored = await truth.ids();
          const missing = [...load.acknowledged].filter((id) => !stored.has(id)).length;
          const doubled = [...stored.values()].filter((count) => count > 1).length;
          const { aggregated } = await truth.counts();
          checks.equal('nothing that was acknowledged is lost', missing, 0);
          checks.equal('nothing is stored twice', doubled, 0);
          checks.equal('the aggregates count each event once', aggregated, stored.size);
          checks.that('there was load', taken > EVENTS_PER_SECOND * 5, `${taken} entries, ${load.refusals} refusals`);
        },
        () => fleet.tails(15),
      );
    } finally {
      await load.stop();
      await installation.remove();
    }
  },
};
