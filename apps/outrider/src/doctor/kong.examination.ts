import type { GatewayAdmin, GatewayInfo, GatewayPlugin } from '@outrider/ports/gateway-admin';
import { fail, ok, warn, type Symptom } from './examination.ts';

/** Seconds that Kong's clock and ours may differ before event times mislead. */
const CLOCK_TOLERANCE_S = 5;

export interface Expectation {
  /** Ports on which this Outrider takes log entries. */
  readonly tcpPorts: readonly number[];
  readonly httpPort: number;
  readonly now: number;
}

/** What an operator would check by hand: Kong answers, a global logger sends to us, nothing shadows it, blocks can be written, clocks agree. */
export const examineKong = async (admin: GatewayAdmin, expected: Expectation): Promise<Symptom[]> => {
  let info: GatewayInfo;
  let plugins: readonly GatewayPlugin[];
  try {
    info = await admin.info();
    plugins = await admin.plugins();
  } catch (error) {
    return [
      fail(
        `Kong's Admin API does not answer: ${error instanceof Error ? error.message : String(error)}`,
        'check KONG_ADMIN_URL (and KONG_ADMIN_TOKEN); from this machine: curl $KONG_ADMIN_URL/status',
      ),
    ];
  }
  return [
    ok(`Kong ${info.version} (${info.edition}) answers`),
    writable(info),
    clock(info, expected.now),
    ...loggers(plugins, expected),
    ...authentication(plugins),
  ];
};

const writable = (info: GatewayInfo): Symptom =>
  info.writable
    ? ok('its Admin API takes writes: consumers and addresses can be blocked')
    : fail(
        'this Kong is DB-less or a data plane: its Admin API refuses writes, nothing can be blocked',
        'point KONG_ADMIN_URL at a traditional node or at the control plane; alerts and webhooks work all the same',
      );

const clock = (info: GatewayInfo, now: number): Symptom => {
  if (info.clockAt === undefined) return warn('Kong did not say what time it is', 'compare `date` on both machines');
  const apart = Math.round(Math.abs(info.clockAt - now) / 1000);
  return apart <= CLOCK_TOLERANCE_S
    ? ok(`clocks agree (${apart} s apart)`)
    : fail(
        `Kong's clock and this machine's are ${apart} s apart: windows and block ends are off by that`,
        'run NTP on both',
      );
};

const scopeOf = (plugin: GatewayPlugin): string =>
  [
    plugin.route && `route ${plugin.route.id}`,
    plugin.service && `service ${plugin.service.id}`,
    plugin.consumer && `consumer ${plugin.consumer.id}`,
  ]
    .filter(Boolean)
    .join(' and ');

const isGlobal = (plugin: GatewayPlugin): boolean => !plugin.route && !plugin.service && !plugin.consumer;

const pointsHere = (plugin: GatewayPlugin, expected: Expectation): boolean => {
  if (plugin.name === 'tcp-log') return expected.tcpPorts.includes(Number(plugin.config['port']));
  try {
    const url = new URL(String(plugin.config['http_endpoint']));
    return Number(url.port) === expected.httpPort || url.pathname.endsWith('/v1/logs');
  } catch {
    return false;
  }
};

const loggers = (plugins: readonly GatewayPlugin[], expected: Expectation): Symptom[] => {
  const all = plugins.filter((plugin) => plugin.name === 'tcp-log' || plugin.name === 'http-log');
  const ours = all.filter((plugin) => pointsHere(plugin, expected));
  const global = ours.filter((plugin) => isGlobal(plugin) && plugin.enabled);
  if (global.length === 0) return [noGlobalLogger(ours, expected)];
  const symptoms: Symptom[] = [];
  for (const plugin of global) {
    symptoms.push(ok(`a global ${plugin.name} sends to this Outrider`));
    symptoms.push(...shadows(plugin, all), ...batching(plugin));
  }
  if (global.length > 1)
    symptoms.push(
      warn(
        'both a global tcp-log and a global http-log send here: every request is logged twice (it counts once)',
        'delete one',
      ),
    );
  return symptoms;
};

const noGlobalLogger = (ours: readonly GatewayPlugin[], expected: Expectation): Symptom => {
  const create = `curl -s $KONG_ADMIN_URL/plugins --data name=tcp-log --data instance_name=outrider --data config.host=<this machine> --data config.port=${expected.tcpPorts[0] ?? 7514}`;
  const disabled = ours.find((plugin) => isGlobal(plugin) && !plugin.enabled);
  if (disabled)
    return fail(
      `the global ${disabled.name} is disabled`,
      `enable it: curl -X PATCH $KONG_ADMIN_URL/plugins/${disabled.id} --data enabled=true`,
    );
  const narrow = ours[0];
  if (narrow)
    return fail(
      `${narrow.name} sends here only for ${scopeOf(narrow)}: refusals, unmatched paths and all other traffic stay unseen`,
      `make it global: ${create}`,
    );
  return fail('no tcp-log or http-log plugin sends to this Outrider', create);
};

const shadows = (global: GatewayPlugin, all: readonly GatewayPlugin[]): Symptom[] =>
  all
    .filter((plugin) => plugin.name === global.name && plugin.enabled && !isGlobal(plugin))
    .map((plugin) =>
      warn(
        `the ${plugin.name} on ${scopeOf(plugin)} replaces the global one there: Outrider does not see that traffic`,
        'let that scope log through another plugin (e.g. http-log beside tcp-log), or point it here too',
      ),
    );

const batching = (plugin: GatewayPlugin): Symptom[] => {
  const queue = plugin.config['queue'];
  const size =
    typeof queue === 'object' && queue !== null && 'max_batch_size' in queue ? Number(queue.max_batch_size) : 1;
  return plugin.name === 'http-log' && size <= 1
    ? [
        warn(
          'http-log sends one request an entry',
          'set config.queue.max_batch_size=200: Kong drops entries when its queue of 10,000 is full',
        ),
      ]
    : [];
};

const AUTHENTICATION = new Set([
  'key-auth',
  'key-auth-enc',
  'basic-auth',
  'jwt',
  'hmac-auth',
  'oauth2',
  'ldap-auth',
  'ldap-auth-advanced',
  'openid-connect',
  'mtls-auth',
  'session',
  'saml',
]);

const authentication = (plugins: readonly GatewayPlugin[]): Symptom[] => {
  const active = plugins.filter((plugin) => AUTHENTICATION.has(plugin.name) && plugin.enabled);
  return active.length > 0
    ? [ok(`${active.length} authentication plugin${active.length === 1 ? '' : 's'}: consumers can be told apart`)]
    : [
        warn(
          'no authentication plugin: all callers are addresses, no consumer can be blocked',
          'add key-auth (or another) to the routes that matter',
        ),
      ];
};
