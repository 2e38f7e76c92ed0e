import type { Command } from 'commander';
import { AlertState, AlertType, BuiltinAlertType, Severity, type Alert } from '@outrider/domain/detection/alert';
import { CallerError } from '@outrider/platform/errors';
import type * as z from 'zod';
import { ask, more, ranged, rangeOf, remote, type RangedOptions, type RemoteOptions } from './remote.ts';
import { duration, instant, printable, textTable } from './text-table.ts';

interface ListOptions extends RangedOptions {
  readonly state?: string;
  readonly type?: string;
  readonly severity?: string;
  readonly campaign?: string;
}

export const addAlerts = (program: Command): void => {
  const alerts = program.command('alerts').description('what was detected');
  ranged(alerts.command('list', { isDefault: true }).description('newest first'))
    .option('--state <list>', AlertState.options.join(', '))
    .option('--type <list>', `${BuiltinAlertType.options.join(', ')} or rule:<id>`)
    .option('--severity <least>', `this one or worse: ${Severity.options.join(', ')}`)
    .option('--campaign <id>', 'those of one campaign')
    .action((options: ListOptions) =>
      ask(
        options,
        (client) =>
          client.alerts({
            state: each(AlertState, options.state),
            type: eachType(options.type),
            severity: each(Severity, options.severity)?.[0],
            campaign: options.campaign,
            ...rangeOf(options),
          }),
        ({ data, next }) => (data.length === 0 ? 'No alerts.' : alertTable(data) + more(next)),
      ),
    );
  remote(alerts.command('show').argument('<id>').description('one alert with its reason')).action(
    (id: string, options: RemoteOptions) => ask(options, (client) => client.alert(id), details),
  );
  remote(alerts.command('acknowledge').argument('<id>').description('somebody looks at it')).action(
    (id: string, options: RemoteOptions) =>
      ask(
        options,
        (client) => client.acknowledgeAlert(id),
        (alert) => `Acknowledged: ${alert.type} of ${alert.entity.name}`,
      ),
  );
  remote(alerts.command('resolve').argument('<id>').description('it is over')).action(
    (id: string, options: RemoteOptions) =>
      ask(
        options,
        (client) => client.resolveAlert(id),
        (alert) => `Resolved: ${alert.type} of ${alert.entity.name}`,
      ),
  );
};

/** A comma-separated option, each item one of the enum's. */
export const each = <T extends z.ZodEnum>(allowed: T, text: string | undefined): z.output<T>[] | undefined =>
  text?.split(',').map((item) => {
    const parsed = allowed.safeParse(item.trim());
    if (!parsed.success) throw new CallerError(`"${item}" is none of ${allowed.options.join(', ')}`);
    return parsed.data;
  });

/** A comma-separated option of alert types. */
export const eachType = (text: string | undefined): AlertType[] | undefined =>
  text?.split(',').map((item) => {
    const parsed = AlertType.safeParse(item.trim());
    if (!parsed.success)
      throw new CallerError(`"${item}" is no alert type: ${BuiltinAlertType.options.join(', ')} or rule:<id>`);
    return parsed.data;
  });

/** What a list shows of a state: a simulated alert is marked. */
const stateOf = (alert: Alert): string => (alert.simulated ? `${alert.state} (simulated)` : alert.state);

export const alertTable = (alerts: readonly Alert[]): string =>
  textTable(
    ['ID', 'DETECTED', 'STATE', 'SEVERITY', 'TYPE', 'ENTITY'],
    alerts.map((a) => [
      a.id,
      instant(a.detectedAt),
      stateOf(a),
      a.severity,
      a.type,
      `${a.entity.kind} ${a.entity.name}`,
    ]),
  );

const details = (a: Alert): string =>
  [
    `${a.severity.toUpperCase()} ${a.type} of ${a.entity.kind} ${a.entity.name} (${a.entity.id}), ${stateOf(a)}`,
    a.explanation,
    '',
    `observed     ${a.observed.value} ${a.observed.unit} (${a.observed.metric})`,
    `expected     ${a.expected.low} to ${a.expected.high}, mean ${a.expected.mean}; n ${a.expected.n}, p ${a.expected.p.toExponential(1)}, ${a.expected.warmUp}`,
    `confidence   ${a.confidence.toFixed(2)}`,
    `detected     ${instant(a.detectedAt)}`,
    `campaign     ${a.campaignId}`,
    `seen         ${instant(a.firstSeenAt)} for ${duration(a.lastSeenAt - a.firstSeenAt)}, ${a.findings} findings`,
    ...a.contributors.map((c) => `with         ${c.entity.kind} ${c.entity.name} × ${c.count}`),
    ...a.scope.endpoints.map((endpoint) => `on           ${endpoint}`),
    ...a.samples.map((sample) => `request      ${sample}`),
    '',
    a.query,
  ]
    .flatMap((line) => line.split('\n'))
    .map(printable)
    .join('\n');
