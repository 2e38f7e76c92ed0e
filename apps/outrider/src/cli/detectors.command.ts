import { Argument, type Command } from 'commander';
import type { ApiClient } from '@outrider/contracts/http/api-client';
import type { DetectorDetail, DetectorView, ScopeQuery } from '@outrider/contracts/http/detection-controls';
import { AlertType } from '@outrider/domain/detection/alert';
import type { DetectorOverride, DetectorState, SettingsChange } from '@outrider/domain/detection/detection-control';
import { CallerError } from '@outrider/platform/errors';
import { ask, more, remote, type RemoteOptions } from './remote.ts';
import { instant, printable, textTable } from './text-table.ts';

interface ScopeOptions extends RemoteOptions {
  readonly service?: string;
  readonly route?: string;
  readonly reason?: string;
}

export const addDetectors = (program: Command): void => {
  const detectors = program
    .command('detectors')
    .description('the detection catalogue: what is on, simulated or off, and how it is tuned; see docs/tuning.md');
  remote(detectors.command('list').description('all detectors, their states and what was decided about them'))
    .option('--state <state>', 'only those that are on, simulated or off')
    .option('--cursor <cursor>', 'the next page')
    .action((options: RemoteOptions & { readonly state?: string; readonly cursor?: string }) =>
      ask(
        options,
        (client) => client.detectors({ limit: 200, state: stateOf(options.state), cursor: options.cursor }),
        ({ data, next }) => `${listText(data)}${more(next)}`,
      ),
    );
  remote(
    detectors
      .command('show')
      .description('one detector: its page, settings in force and all overrides')
      .addArgument(TYPE),
  ).action((type: string, options: RemoteOptions) =>
    ask(options, (client) => client.detector(typeOf(type)), detailText),
  );
  for (const { verb, state, description } of VERBS)
    scoped(detectors.command(verb).description(description).addArgument(TYPE)).action(
      (type: string, options: ScopeOptions) =>
        ask(options, (client) => decide(client, typeOf(type), options, { state }), overrideText),
    );
  scoped(
    detectors
      .command('tune')
      .description('change settings; those that are not named stay as they are')
      .addArgument(TYPE),
  )
    .argument('<settings...>', 'name=value, e.g. distinct60s=40')
    .addHelpText(
      'after',
      '\nExample: outrider detectors tune endpoint-probing distinct60s=40 --service shop --reason "old site map"',
    )
    .action((type: string, settings: readonly string[], options: ScopeOptions) =>
      ask(options, (client) => decide(client, typeOf(type), options, { settings: settingsOf(settings) }), overrideText),
    );
  scoped(
    detectors.command('restore').description('take back all that was decided for exactly this scope').addArgument(TYPE),
  ).action((type: string, options: ScopeOptions) =>
    ask(
      options,
      (client) => client.restoreDetector(typeOf(type), scopeOf(options)),
      () => `${type}: ${scopeText(scopeOf(options))}: as a wider scope says`,
    ),
  );
};

const TYPE = new Argument('<type>', 'its slug, e.g. endpoint-probing, or rule:<id> of your own rule');
const VERBS: readonly { readonly verb: string; readonly state: DetectorState; readonly description: string }[] = [
  { verb: 'off', state: 'off', description: 'its findings become no alerts' },
  { verb: 'on', state: 'on', description: 'its findings become alerts, also where a wider scope says otherwise' },
  { verb: 'simulate', state: 'simulated', description: 'its alerts are shown and never acted upon' },
];

const scoped = (command: Command): Command =>
  remote(command)
    .option('--service <service>', 'only for this service (id or name)')
    .option('--route <route>', 'only for this route (id or name)')
    .option('--reason <text>', 'why; others will read it');

/** The override of exactly this scope with something changed: the rest of it stays. */
const decide = async (
  client: ApiClient,
  type: AlertType,
  options: ScopeOptions,
  change: { readonly state?: DetectorState; readonly settings?: SettingsChange },
): Promise<DetectorOverride> => {
  const scope = scopeOf(options);
  const known = await overrideOf(client, type, scope);
  return client.overrideDetector(type, scope, {
    state: change.state ?? known?.state ?? null,
    settings: { ...known?.settings, ...change.settings },
    reason: options.reason ?? known?.reason ?? '',
  });
};

const overrideOf = async (
  client: ApiClient,
  type: AlertType,
  { service = '', route = '' }: ScopeQuery,
): Promise<DetectorOverride | undefined> => {
  // A rule that nobody decided about yet is not known to the API.
  const { data } = await client.detectors({ limit: 200 });
  return data.find((one) => one.type === type)?.overrides.find((one) => one.service === service && one.route === route);
};

const typeOf = (text: string): AlertType => {
  const parsed = AlertType.safeParse(text);
  if (!parsed.success)
    throw new CallerError(
      `"${printable(text)}" is no detector; "outrider detectors list" names them, rules are rule:<id>`,
    );
  return parsed.data;
};

const stateOf = (text: string | undefined): DetectorState | undefined => {
  if (text === undefined || text === 'on' || text === 'simulated' || text === 'off') return text;
  throw new CallerError(`--state: "${printable(text)}" is not on, simulated or off`);
};

const scopeOf = ({ service, route }: ScopeOptions): ScopeQuery => ({
  ...(service === undefined ? {} : { service }),
  ...(route === undefined ? {} : { route }),
});

/** `name=value`; what is JSON (numbers, true, lists) is taken as such. */
const settingsOf = (pairs: readonly string[]): Record<string, SettingsChange[string]> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 1) throw new CallerError(`"${printable(pair)}" is not name=value`);
      return [pair.slice(0, equals), valueOf(pair.slice(equals + 1))];
    }),
  );

const valueOf = (text: string): SettingsChange[string] => {
  try {
    return valueIn(text);
  } catch {
    return text;
  }
};
/** What JSON.parse returns is JSON. */
const valueIn = (text: string): SettingsChange[string] => JSON.parse(text) as SettingsChange[string];

const listText = (detectors: readonly DetectorView[]): string =>
  textTable(
    ['TYPE', 'STATE', 'OVERRIDES', 'OWASP', 'TITLE'],
    detectors.map(({ type, state, overrides, owasp, title }) => [
      type,
      state,
      overrides.length === 0 ? '-' : String(overrides.length),
      owasp.join(' ') || '-',
      title,
    ]),
  );

const detailText = ({ type, title, summary, state, settings, facts, overrides }: DetectorDetail): string => {
  const rows = (facts?.settings ?? []).map((row) => {
    const now = JSON.stringify(settings[row.name] ?? null);
    const changed = now === JSON.stringify(row.default) ? '' : `default ${JSON.stringify(row.default)}`;
    return [row.name, now, row.kind, row.bounds || '-', row.tunable ? changed : 'of the whole process'];
  });
  const list = (head: string, items: readonly string[] = []): string[] =>
    items.length === 0 ? [] : ['', head, ...items.map((item) => `  ${item}`)];
  return [
    `${type}: ${title} (${state})`,
    summary,
    ...(facts ? ['', facts.method, '', `OWASP ${facts.owasp.join(', ')}; ATT&CK ${facts.attack.join(', ')}`] : []),
    ...list('Known false alarms', facts?.falsePositives),
    ...list('What to do about one', facts?.tuning),
    ...(rows.length === 0 ? [] : ['', textTable(['SETTING', 'IN FORCE', 'KIND', 'BOUNDS', ''], rows)]),
    ...list('Overrides', overrides.map(overrideText)),
  ].join('\n');
};

const scopeText = ({ service = '', route = '' }: ScopeQuery): string =>
  [service === '' ? '' : `service ${service}`, route === '' ? '' : `route ${route}`]
    .filter((part) => part !== '')
    .join(', ') || 'everywhere';

const overrideText = (one: DetectorOverride): string => {
  const settings = Object.entries(one.settings).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const what = [one.state ?? '', ...settings].filter((part) => part !== '').join(' ');
  const why = one.reason === '' ? '' : `: ${one.reason}`;
  return printable(`${one.type}, ${scopeText(one)}: ${what} (${one.updatedBy}, ${instant(one.updatedAt)})${why}`);
};
