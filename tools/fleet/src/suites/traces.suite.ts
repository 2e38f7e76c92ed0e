import { install } from '../installation.ts';
import { OtlpReceiver, type ReceivedSpan } from '../otlp-receiver.ts';
import { happeningNow, sendHttp, until } from '../traffic.ts';
import type { Suite } from './suite.ts';

/** The way of an attack, from the collector that took it to the call of Kong; which process does which. */
const WAY: readonly (readonly [service: string, span: string])[] = [
  ['outrider-collector', 'publish outrider.events.v1'],
  ['outrider-analyzer', 'process outrider.events.v1'],
  ['outrider-analyzer', 'store events'],
  ['outrider-analyzer', 'publish outrider.changes.v1'],
  ['outrider-responder', 'process outrider.changes.v1'],
  ['outrider-responder', 'job enforcement.apply'],
  ['outrider-responder', 'kong put plugin'],
];

/** One trace leads through all processes, and tells no secret. */
export const traces: Suite = {
  name: 'traces',
  run: async ({ services, checks }) => {
    const receiver = new OtlpReceiver();
    const endpoint = await receiver.start();
    const installation = await install(services, {
      name: 'traces',
      number: 3,
      counts: { collector: 1, analyzer: 1, responder: 1, api: 1 },
      settings: { OTEL_TRACES: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
    });
    const { fleet } = installation;
    try {
      await checks.step(
        'start',
        () => fleet.start(),
        () => fleet.tails(),
      );
      await checks.step(
        'traces',
        async () => {
          await fleet.api('POST', '/v1/policies', {
            name: 'scan',
            match: { types: ['endpoint-probing'], minConfidence: 0.8 },
            actions: [{ kind: 'block-address', durationSeconds: 600 }],
          });
          const entries = happeningNow('attack-path-scan').map((entry) => withKey(entry));
          const { http = 0 } = fleet.one('collector').ports;
          await sendHttp(http, fleet.ingestToken, JSON.stringify(entries), 'application/json');
          const longest = await until(
            async () => furthest(receiver),
            (found) => found.length === WAY.length,
            45_000,
          );
          checks.equal(
            'one trace leads from the collector to Kong',
            longest,
            WAY.map((step) => step.join(': ')),
          );
          const events = entries.length;
          const published = receiver.spans.filter(({ name }) => name === 'publish outrider.events.v1').length;
          checks.that('a span per batch, not per event', published < events / 2, `${published} for ${events} events`);
          const secrets = [fleet.adminToken, fleet.ingestToken, SECRET, '198.51.100.10', 'Bearer'];
          const told = secrets.filter((secret) => receiver.raw.includes(secret));
          checks.equal('no secret and no address of a caller is in a span', told, []);
        },
        () => fleet.tails(15),
      );
    } finally {
      await installation.remove();
      await receiver.stop();
    }
  },
};

const SECRET = 'traced-api-key-0123456789';

const withKey = (entry: Readonly<Record<string, unknown>>): object => {
  const request = entry['request'] as { headers?: object } | undefined;
  return { ...entry, request: { ...request, headers: { ...request?.headers, apikey: SECRET } } };
};

/** Of the trace that leads furthest: which steps of the way it has. */
const furthest = (receiver: OtlpReceiver): string[] => {
  let best: string[] = [];
  for (const spans of receiver.traces().values()) {
    const steps = WAY.filter(([service, name]) => spans.some((s) => s.service === service && s.name === name));
    const whole = steps.length > best.length && isConnected(spans);
    if (whole) best = steps.map((step) => step.join(': '));
  }
  return best;
};

/** Every span but the first has its parent in the trace. */
const isConnected = (spans: readonly ReceivedSpan[]): boolean => {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans.filter(({ parentSpanId }) => !parentSpanId || !ids.has(parentSpanId)).length === 1;
};
