import type { Command } from 'commander';
import { ApiClient, ApiClientError } from '@outrider/contracts/http/api-client';
import type { SourceStatus } from '@outrider/contracts/http/health';
import { KongGateways } from '@outrider/kong/kong-gateways';
import { gatewaysOf } from '@outrider/wiring/settings/gateway-options';
import { ClientConfig, readEnvironment, StartConfig } from '../config.ts';
import { fail, ok, warn, type Symptom } from '../doctor/examination.ts';
import { examineKong } from '../doctor/kong.examination.ts';
import { duration, printable } from './text-table.ts';

interface Options {
  readonly json?: boolean;
}

export const addDoctor = (program: Command): void => {
  program
    .command('doctor')
    .description(
      'what is wrong with my set-up: the server, its engines, Kong, its logging plugin, arriving events, clocks',
    )
    .option('--json', 'the symptoms as JSON')
    .addHelpText(
      'after',
      '\nReads the same settings as start, and OUTRIDER_TOKEN. Changes nothing. Exit code 1: something fails.',
    )
    .action(run);
};

const run = async (options: Options): Promise<void> => {
  // The engines' drivers are loaded only here: other commands do not wait for them.
  const { examineEngines } = await import('../doctor/engines.examination.ts');
  const symptoms = [
    ...(await examineServer()),
    ...(await examineEngines(readEnvironment(StartConfig))),
    ...(await examineGateways()),
  ];
  if (options.json) process.stdout.write(`${JSON.stringify(symptoms, undefined, 2)}\n`);
  else process.stdout.write(`${symptoms.map(line).join('\n')}\n`);
  if (symptoms.some((symptom) => symptom.level === 'fail')) process.exitCode = 1;
};

const MARK = { ok: ' ok ', warn: 'warn', fail: 'FAIL' };

const line = ({ level, what, advice }: Symptom): string =>
  `${MARK[level]}  ${printable(what)}${advice === undefined ? '' : `\n        → ${printable(advice)}`}`;

const examineServer = async (): Promise<Symptom[]> => {
  const { OUTRIDER_URL, OUTRIDER_TOKEN } = readEnvironment(ClientConfig);
  const client = new ApiClient({ baseUrl: OUTRIDER_URL, token: OUTRIDER_TOKEN });
  try {
    const health = await client.health();
    const running =
      health.status === 'unavailable'
        ? fail(`Outrider at ${OUTRIDER_URL} runs, but not whole: ${health.notReady.join(', ')}`, 'its log says why')
        : ok(`Outrider at ${OUTRIDER_URL} runs`);
    if (health.sources === undefined)
      return [
        running,
        warn('whether events arrive is shown only with a token', 'export OUTRIDER_TOKEN=<an access token>'),
      ];
    return [running, ...health.sources.flatMap(arrivals)];
  } catch (error) {
    if (!(error instanceof ApiClientError)) throw error;
    return [fail(`Outrider: ${error.message}`, 'start it with npm start, or name it in OUTRIDER_URL')];
  }
};

/** A gateway that was silent for longer is worth a look. */
const SILENT_S = 300;
const LAG_S = 30;

const arrivals = (source: SourceStatus): Symptom[] => {
  if (source.lastReceivedAt === null)
    return [
      warn(
        `nothing has arrived from gateway ${source.gateway} yet`,
        'send a request through Kong; the lines below say whether its plugin points here',
      ),
    ];
  const silent = source.silentSeconds ?? 0;
  const symptoms: Symptom[] = [
    silent <= SILENT_S
      ? ok(
          `gateway ${source.gateway}: ${source.ratePerMinute.toFixed(1)} events a minute, the last ${duration(silent * 1000)} ago`,
        )
      : warn(
          `gateway ${source.gateway} has been silent for ${duration(silent * 1000)}`,
          'is there traffic? Else see Kong’s error.log for tcp-log or http-log',
        ),
  ];
  if ((source.lagSeconds ?? 0) > LAG_S)
    symptoms.push(
      warn(
        `its events arrive ${Math.round(source.lagSeconds ?? 0)} s after they happened`,
        'http-log may be behind (queue), or Kong’s clock is',
      ),
    );
  if ((source.lagSeconds ?? 0) < -LAG_S)
    symptoms.push(fail('its events come from the future: Kong’s clock is ahead', 'run NTP on both'));
  const refused = source.refused.filter(({ count }) => count > 0).map(({ reason, count }) => `${count} × ${reason}`);
  if (refused.length > 0)
    symptoms.push(warn(`refused entries: ${refused.join(', ')}`, 'GET /v1/dead-letters shows them, redacted'));
  return symptoms;
};

const examineGateways = async (): Promise<Symptom[]> => {
  const config = readEnvironment(StartConfig);
  const gateways = gatewaysOf(config, undefined);
  const admins = new KongGateways(gateways);
  const found: Symptom[] = [];
  for (const { tenant, id, tcpPort } of gateways) {
    const admin = admins.admin(tenant, id);
    if (!admin) {
      found.push(
        warn(
          `gateway ${id} has no Admin API: nothing can be blocked there`,
          'set KONG_ADMIN_URL, or adminUrl in GATEWAYS_FILE',
        ),
      );
      continue;
    }
    const tcpPorts = [
      tcpPort ?? config.COLLECT_TCP_PORT,
      ...(config.COLLECT_TLS_PORT === undefined ? [] : [config.COLLECT_TLS_PORT]),
    ];
    found.push(...(await examineKong(admin, { tcpPorts, httpPort: config.COLLECT_HTTP_PORT, now: Date.now() })));
  }
  return found;
};
