import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { GatewaySettings } from '@outrider/domain/gateway/gateway-settings';
import { CallerError } from '@outrider/platform/errors';
import { envInteger } from '@outrider/platform/read-config';

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );

/** The default gateway, and a file that names the others. */
export const gatewaySettings = {
  /** JSON file: an array of gateways (docs/kong-setup.md). */
  GATEWAYS_FILE: z.string().min(1).optional(),
  KONG_ADMIN_URL: z.url({ protocol: /^https?$/ }).optional(),
  KONG_ADMIN_TOKEN: z.string().min(1).optional(),
  KONG_WORKSPACE: GatewaySettings.shape.workspace,
  /** Longest time Kong takes to apply a plugin change; milliseconds. */
  KONG_PROPAGATION_MS: envInteger(0, 120_000).default(5_500),
  /** Addresses or CIDRs of proxies in front of Kong whose X-Forwarded-For is believed; comma-separated. */
  TRUSTED_PROXIES: list,
  /** Header and query names that carry API keys, beside the well-known ones and those learned from Kong; comma-separated. */
  KEY_NAMES: list,
  /** Query parameters whose values may be kept; comma-separated. */
  KEEP_QUERY_VALUES: list,
};

type GatewayEnvironment = z.output<z.ZodObject<typeof gatewaySettings>>;

/** All gateways: the default one from single settings, then those of the file. Tokens and ids must be unique. */
export const gatewaysOf = (settings: GatewayEnvironment, ingestToken: string | undefined): GatewaySettings[] => {
  const standard = GatewaySettings.parse({
    id: 'default',
    ...(ingestToken === undefined ? {} : { ingestToken }),
    ...(settings.KONG_ADMIN_URL === undefined ? {} : { adminUrl: settings.KONG_ADMIN_URL }),
    ...(settings.KONG_ADMIN_TOKEN === undefined ? {} : { adminToken: settings.KONG_ADMIN_TOKEN }),
    ...(settings.KONG_WORKSPACE === undefined ? {} : { workspace: settings.KONG_WORKSPACE }),
    propagationMs: settings.KONG_PROPAGATION_MS,
    trustedProxies: settings.TRUSTED_PROXIES,
    keyNames: settings.KEY_NAMES,
    keepQueryValues: settings.KEEP_QUERY_VALUES,
  });
  const gateways = [standard, ...(settings.GATEWAYS_FILE === undefined ? [] : readGateways(settings.GATEWAYS_FILE))];
  requireUnique(
    gateways.map((g) => `${g.tenant}/${g.id}`),
    'the id',
  );
  requireUnique(
    gateways.flatMap((g) => g.ingestToken ?? []),
    'the ingest token',
  );
  requireUnique(
    gateways.flatMap((g) => (g.tcpPort === undefined ? [] : String(g.tcpPort))),
    'the tcpPort',
  );
  return gateways;
};

const readGateways = (file: string): GatewaySettings[] => {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CallerError(
      `GATEWAYS_FILE cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'invalid-configuration',
    );
  }
  const parsed = z.array(GatewaySettings).max(1000).safeParse(content, { reportInput: false });
  if (!parsed.success)
    throw new CallerError(`GATEWAYS_FILE is not right\n${z.prettifyError(parsed.error)}`, 'invalid-configuration');
  return parsed.data;
};

const requireUnique = (values: readonly string[], what: string): void => {
  if (new Set(values).size !== values.length)
    throw new CallerError(`two gateways share ${what}: each must be told apart`, 'invalid-configuration');
};
