/** Plugins by what they are for, Kong's own and Enterprise's. */
export const AUTH_PLUGINS = [
  'key-auth',
  'key-auth-enc',
  'jwt',
  'basic-auth',
  'hmac-auth',
  'oauth2',
  'oauth2-introspection',
  'openid-connect',
  'ldap-auth',
  'ldap-auth-advanced',
  'mtls-auth',
  'session',
  'saml',
  'vault-auth',
  'header-cert-auth',
] as const;

/** They tell of requests: without them nobody sees. */
export const LOG_PLUGINS = [
  'tcp-log',
  'http-log',
  'file-log',
  'udp-log',
  'syslog',
  'loggly',
  'kafka-log',
  'confluent',
  'solace-log',
  'google-cloud-logging',
] as const;

/** They count, and name no request. */
export const METRIC_PLUGINS = ['statsd', 'statsd-advanced', 'datadog'] as const;

export const RESTRICTION_PLUGINS = ['acl', 'ip-restriction'] as const;

export const LIMIT_PLUGINS = ['rate-limiting', 'rate-limiting-advanced', 'response-ratelimiting'] as const;

/** They run code that is a part of their configuration, or somebody's function in the place of the upstream. */
export const CODE_PLUGINS = [
  'pre-function',
  'post-function',
  'aws-lambda',
  'azure-functions',
  'openwhisk',
  'exit-transformer',
  'serverless-functions',
] as const;
