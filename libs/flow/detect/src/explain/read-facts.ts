import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { callerOf } from '@outrider/domain/traffic/entity';

type Facts = readonly { readonly name: string; readonly value: string }[];

/** What collect read out of a log entry, in the order in which a person asks; only what is there. */
export const readFacts = (event: ApiEvent): Facts => {
  const caller = callerOf(event);
  const all: readonly (readonly [name: string, value: string | number])[] = [
    ['time', new Date(event.startedAt).toISOString()],
    ['caller', `${caller.kind} ${caller.name}`],
    ['address', event.clientIp],
    ['claims to come from', event.forwardedFor],
    [
      'place',
      [event.country, event.asn === 0 ? '' : `AS${event.asn}`, event.network].filter((part) => part !== '').join(' '),
    ],
    ['threat list', event.threat],
    ['request', `${event.method} ${event.path}`],
    ['template', event.pathTemplate],
    ['query', event.query],
    ['method override', event.methodOverride],
    ['answer', `${event.status} by ${event.answeredBy}${event.refusal === '' ? '' : ` (${event.refusal})`}`],
    ['service', event.serviceName || event.serviceId],
    ['upstream', event.upstream],
    ['route', event.routeName || event.routeId],
    ['credential', event.credentialId],
    ['presented key', event.credentialFingerprint],
    ['user agent', event.userAgent],
    ['client stack', event.clientFingerprint],
    ['attacks', event.attacks],
    ['data classes', event.dataClasses],
    ['rate limit', event.rateLimit < 0 ? '' : `${event.rateRemaining} of ${event.rateLimit} left`],
    ['bytes', `${event.requestBytes} in, ${event.responseBytes} out`],
    ['raw rules met', event.ruleMatches],
  ];
  return all.flatMap(([name, value]) => (value === '' || value === 0 ? [] : [{ name, value: String(value) }]));
};
