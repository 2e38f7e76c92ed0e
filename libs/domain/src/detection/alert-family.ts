import type { AlertType, BuiltinAlertType } from './alert.ts';

/** Kinds of abuse: alerts of several families on one story are steps of an attack rather than views of one step. */
export type AlertFamily =
  | 'volume'
  | 'errors'
  | 'authentication'
  | 'identity'
  | 'authorization'
  | 'extraction'
  | 'probing'
  | 'client'
  | 'inventory'
  | 'logic'
  | 'platform'
  | 'rule';

const FAMILIES: Readonly<Record<BuiltinAlertType, AlertFamily>> = {
  'request-spike': 'volume',
  'distributed-flood': 'volume',
  'traffic-drop': 'volume',
  'latency-amplification': 'volume',
  'sensitive-flow-abuse': 'logic',
  'rate-limit-evasion': 'volume',
  'oversized-payload': 'volume',
  'error-spike': 'errors',
  'brute-force': 'authentication',
  'credential-stuffing': 'authentication',
  'account-takeover': 'authentication',
  'anonymous-access': 'authentication',
  'revoked-credential': 'authentication',
  'credential-sharing': 'identity',
  'new-origin': 'identity',
  'new-client': 'identity',
  'leaked-credential': 'identity',
  'impossible-travel': 'identity',
  'dormant-credential': 'identity',
  'off-hours': 'identity',
  'shared-fingerprint': 'client',
  'object-enumeration': 'authorization',
  'sequential-crawling': 'authorization',
  'foreign-object-access': 'authorization',
  'function-level-abuse': 'authorization',
  'method-tampering': 'probing',
  'privileged-path-probing': 'probing',
  'data-exfiltration': 'extraction',
  'slow-exfiltration': 'extraction',
  scraping: 'extraction',
  'endpoint-probing': 'probing',
  'injection-probing': 'probing',
  'scanner-client': 'client',
  automation: 'client',
  'shadow-endpoint': 'inventory',
  'zombie-endpoint': 'inventory',
  'undocumented-parameter': 'inventory',
  'graphql-abuse': 'logic',
  'sequence-anomaly': 'logic',
  'silent-source': 'platform',
  'log-loss': 'platform',
  'gateway-config-change': 'platform',
  'control-plane-abuse': 'platform',
  'known-bad-source': 'client',
  'composite-risk': 'logic',
};

export const familyOf = (type: AlertType): AlertFamily => (isBuiltin(type) ? FAMILIES[type] : 'rule');

const isBuiltin = (type: AlertType): type is BuiltinAlertType => Object.hasOwn(FAMILIES, type);
