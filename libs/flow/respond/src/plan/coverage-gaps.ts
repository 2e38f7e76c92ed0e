import type { GatewayPlugin, GatewayRoute } from '@outrider/ports/gateway-admin';
import type { GatewayState } from './plan.ts';
import { isGlobal } from './plugin-scope.ts';

const AUTHENTICATION: ReadonlySet<string> = new Set([
  'basic-auth',
  'hmac-auth',
  'jwt',
  'key-auth',
  'ldap-auth',
  'oauth2',
  'session',
  'openid-connect',
  'mtls-auth',
  'key-auth-enc',
  'ldap-auth-advanced',
  'saml',
  'oauth2-introspection',
  'jwt-signer',
  'header-cert-auth',
]);

/** They may answer a request before request-termination, which runs last, has its turn. */
const ANSWERS_EARLY: Readonly<Record<string, string>> = {
  'proxy-cache': 'answers from its cache',
  'proxy-cache-advanced': 'answers from its cache',
  redirect: 'redirects',
  'aws-lambda': 'calls a function',
  'azure-functions': 'calls a function',
  'ai-proxy': 'calls a model',
  mocking: 'answers by itself',
};

const MAX_NAMES = 10;

/** Where no consumer is known, no plugin of a consumer applies. `what` is `block` or `limit`. */
export const routesWithoutConsumer = (state: GatewayState, what: 'block' | 'limit'): string[] => {
  const authentication = state.plugins.filter((plugin) => plugin.enabled && AUTHENTICATION.has(plugin.name));
  const open = state.routes.filter((route) => inEffect(authentication, route).length === 0);
  const anonymous = state.routes.filter((route) =>
    inEffect(authentication, route).some((p) => Boolean(p.config['anonymous'])),
  );
  return [
    ...sentence(
      open,
      (names, verb) => `${names} ${verb} no authentication: the ${what} does not cover requests there.`,
    ),
    ...sentence(
      anonymous,
      (names, verb) => `${names} ${verb} an anonymous fallback: who leaves the credential out is not covered.`,
    ),
  ];
};

export const answersBefore = (state: GatewayState, plugin: 'request-termination'): string[] =>
  Object.entries(ANSWERS_EARLY).flatMap(([name, how]) => {
    const places = state.plugins.filter((standing) => standing.name === name && standing.enabled);
    if (places.length === 0) return [];
    const where = places.some(isGlobal) ? 'on the whole gateway' : `on ${placesText(places, state)}`;
    return [`${name} ${where} ${how} before ${plugin} runs: such requests are answered in spite of the block.`];
  });

/** One configuration of each plugin: that of the route, else of the service, else of the gateway. */
const inEffect = (plugins: readonly GatewayPlugin[], route: GatewayRoute): readonly GatewayPlugin[] => {
  const names = new Set(plugins.map(({ name }) => name));
  return [...names].flatMap((name) => {
    const ranked = plugins
      .filter((plugin) => plugin.name === name && plugin.consumer === null)
      .map((plugin) => ({ plugin, rank: rankOn(plugin, route) }))
      .filter(({ rank }) => rank > 0)
      .sort((a, b) => b.rank - a.rank);
    return ranked[0] ? [ranked[0].plugin] : [];
  });
};

const rankOn = (plugin: GatewayPlugin, route: GatewayRoute): number => {
  if (plugin.route !== null && plugin.route.id !== route.id) return 0;
  if (plugin.service !== null && plugin.service.id !== route.service?.id) return 0;
  return 1 + (plugin.route !== null ? 2 : 0) + (plugin.service !== null ? 1 : 0);
};

const sentence = (routes: readonly GatewayRoute[], say: (names: string, verb: string) => string): string[] => {
  if (routes.length === 0) return [];
  const names = routes.slice(0, MAX_NAMES).map((route) => route.name ?? route.paths?.[0] ?? route.id);
  const more = routes.length > MAX_NAMES ? ` and ${routes.length - MAX_NAMES} more` : '';
  return [
    say(`${routes.length === 1 ? 'Route' : 'Routes'} ${names.join(', ')}${more}`, routes.length === 1 ? 'has' : 'have'),
  ];
};

const placesText = (plugins: readonly GatewayPlugin[], state: GatewayState): string => {
  const names = plugins.map((plugin) => {
    const route = state.routes.find(({ id }) => id === plugin.route?.id);
    if (plugin.route) return `route ${route?.name ?? plugin.route.id}`;
    if (plugin.service) return `service ${plugin.service.id}`;
    return `consumer ${plugin.consumer?.id ?? ''}`;
  });
  const shown = [...new Set(names)];
  return `${shown.slice(0, MAX_NAMES).join(', ')}${shown.length > MAX_NAMES ? ` and ${shown.length - MAX_NAMES} more` : ''}`;
};
