import type { Entity } from '@outrider/domain/traffic/entity';
import { assertNever } from '@outrider/domain/assert-never';

/** A ClickHouse string literal; backslash and quote are the only characters with a meaning inside one. */
export const sqlText = (value: string): string => `'${value.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;

/** The SQL that shows the events behind a finding; for people to read and run, never run by us. */
export const eventsQuery = (
  tenant: string,
  entity: Entity,
  window: { readonly from: number; readonly to: number },
  only?: string,
): string =>
  [
    'SELECT started_at, gateway, id, client_ip, consumer_name, method, path, status, answered_by, refusal',
    'FROM events_v1',
    `WHERE tenant = ${sqlText(tenant)} AND ${entityCondition(entity)}`,
    `  AND started_at >= fromUnixTimestamp64Milli(toInt64(${Math.floor(window.from)}))`,
    `  AND started_at <= fromUnixTimestamp64Milli(toInt64(${Math.ceil(window.to)}))`,
    ...(only === undefined ? [] : [`  AND ${only}`]),
    'ORDER BY started_at',
    'LIMIT 1000',
  ].join('\n');

const entityCondition = (entity: Entity): string => {
  switch (entity.kind) {
    case 'consumer':
      return `consumer_id = ${sqlText(entity.id)}`;
    case 'credential':
      return `credential_id = ${sqlText(entity.id)}`;
    case 'ip':
      return `client_ip = ${sqlText(entity.id)}`;
    case 'endpoint':
      return `concat(method, ' ', path_template) = ${sqlText(entity.id)}`;
    case 'route':
      return `route_id = ${sqlText(entity.id)}`;
    case 'service':
      return `service_id = ${sqlText(entity.id)}`;
    case 'gateway':
      return `gateway = ${sqlText(entity.id)}`;
    default:
      return assertNever(entity.kind);
  }
};
