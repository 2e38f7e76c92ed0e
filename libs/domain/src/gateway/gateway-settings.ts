import * as z from 'zod';

export const Slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'lower-case letters, digits, "-" and "_", at most 63 characters');

/** How one Kong is known to us: where its log entries come from, and how its Admin API is reached. */
export const GatewaySettings = z.object({
  id: Slug,
  tenant: Slug.default('default'),
  /** Bearer token or `apikey` of `POST /v1/logs`; at least 16 characters. Never stored or logged by us. */
  ingestToken: z.string().min(16).optional(),
  /** Own TCP port of this gateway (plain), beside the default gateway's. */
  tcpPort: z.number().int().min(1).max(65535).optional(),
  /** Server names (SNI) on the TLS port that stand for this gateway. */
  sni: z.array(z.string().min(1)).default([]),
  /** SHA-256 fingerprints (hex) or subject common names of client certificates that stand for this gateway. */
  clientCertificates: z.array(z.string().min(1)).default([]),
  /** Addresses or CIDRs of proxies in front of Kong whose X-Forwarded-For is believed. */
  trustedProxies: z.array(z.string()).default([]),
  /** Further header and query names that carry API keys here (key-auth `key_names`), beside the well-known ones. */
  keyNames: z.array(z.string().min(1).max(128)).default([]),
  /** Query parameters whose values may be kept. */
  keepQueryValues: z.array(z.string().min(1).max(128)).default([]),
  adminUrl: z.url({ protocol: /^https?$/ }).optional(),
  adminToken: z.string().optional(),
  /** Kong Enterprise workspace; absent on OSS. */
  workspace: z
    .string()
    .regex(/^[A-Za-z0-9_.~-]+$/)
    .optional(),
  /** Upper bound of the time Kong takes to apply a plugin change; ms (worker_state_update_frequency plus db_update_frequency). */
  propagationMs: z.number().int().min(0).max(120_000).default(5_500),
});
export type GatewaySettings = Readonly<z.infer<typeof GatewaySettings>>;
