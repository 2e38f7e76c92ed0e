import type { Services } from '@outrider/services/start-services';

/**
 * The settings of one more installation on the same engines: a topic prefix, a database in PostgreSQL and one in ClickHouse and a number
 * in Redis of its own. `name`: lower-case letters and digits. At most 15 on one Redis.
 */
export const deploymentOf = async (
  services: Services,
  name: string,
  number: number,
): Promise<Record<string, string>> => {
  const environment: Record<string, string> = { ...services.environment };
  if (services.kafka) environment['KAFKA_TOPIC_PREFIX'] = `${name}.`;
  if (services.postgres) environment['DATABASE_URL'] = await services.postgres.createDatabase(`outrider_${name}`);
  if (services.clickhouseHttp)
    environment['CLICKHOUSE_URL'] = withPath(services.clickhouseHttp.url, `outrider_${name}`);
  if (services.redis) environment['REDIS_URL'] = withPath(services.redis.url, String(number));
  return environment;
};

const withPath = (url: string, path: string): string => {
  const changed = new URL(url);
  changed.pathname = `/${path}`;
  return changed.href;
};
