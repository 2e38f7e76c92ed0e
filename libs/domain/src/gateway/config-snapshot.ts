import * as z from 'zod';

/** A list of addresses or groups; beyond a bound only how many there are, and which by a hash. */
export const EntryList = z.object({ n: z.number().int(), hash: z.string(), entries: z.array(z.string()).optional() });
export type EntryList = Readonly<z.infer<typeof EntryList>>;

const reference = z.string().nullable();

/** What judging needs of one plugin, and nothing else: configurations hold secrets. */
export const PluginFacts = z.object({
  id: z.string(),
  name: z.string(),
  enabled: z.boolean(),
  service: reference,
  route: reference,
  consumer: reference,
  protocols: z.array(z.string()),
  /** Of authentication: who everybody without a credential is. */
  anonymous: z.string().optional(),
  /** Of acl and ip-restriction. */
  allow: EntryList.optional(),
  deny: EntryList.optional(),
  /** Of rate limits: the tightest of the windows, requests a second. */
  perSecond: z.number().optional(),
  /** Of loggers: where to, as a hash, and as much of it as may be shown. */
  destination: z.object({ hash: z.string(), shown: z.string() }).optional(),
  /** Of what runs code: a hash of all of it. */
  code: z.string().optional(),
  /** Switches by which certificates are verified, by path in the configuration. */
  verify: z.record(z.string(), z.boolean()).optional(),
  /** Of request-termination: it ends every request with an error. */
  stops: z.boolean().optional(),
});
export type PluginFacts = Readonly<z.infer<typeof PluginFacts>>;

/** `ours`: Outrider has a hand in it; `base` is then what stood before, as far as it was seen. */
export const StoredPlugin = PluginFacts.extend({
  ours: z.object({ enforcements: z.array(z.string()), print: z.string() }).optional(),
  base: PluginFacts.optional(),
});
export type StoredPlugin = Readonly<z.infer<typeof StoredPlugin>>;

export const ServiceFacts = z.object({
  id: z.string(),
  name: z.string(),
  host: z.string(),
  port: z.number(),
  tlsVerify: z.boolean().nullable(),
});
export type ServiceFacts = Readonly<z.infer<typeof ServiceFacts>>;

export const RouteFacts = z.object({
  id: z.string(),
  name: z.string(),
  service: reference,
  protocols: z.array(z.string()),
});
export type RouteFacts = Readonly<z.infer<typeof RouteFacts>>;

/** Who is in a group that sounds like an administrators' one; by which words that was judged. */
export const AdminGroups = z.object({
  words: z.string(),
  members: z.array(z.object({ consumer: z.string(), group: z.string() })),
});
export type AdminGroups = Readonly<z.infer<typeof AdminGroups>>;

/** What of a Kong's configuration matters to security, at one time; every list in a fixed order. */
export const ConfigSnapshot = z.object({
  /** ms since epoch. */
  takenAt: z.number().int(),
  plugins: z.array(StoredPlugin),
  services: z.array(ServiceFacts),
  routes: z.array(RouteFacts),
  /** Read at a slower pace; null until then. */
  groups: AdminGroups.nullable(),
});
export type ConfigSnapshot = Readonly<z.infer<typeof ConfigSnapshot>>;
