/** What Sigma's names for the fields of a web server's log are called here. Its `cs-uri-query` is often the whole URI. */
const FIELDS: Readonly<Record<string, string>> = {
  'cs-uri-query': 'raw_uri',
  'c-uri-query': 'raw_uri',
  'cs-uri-stem': 'raw_path',
  'c-uri-stem': 'raw_path',
  'cs-uri': 'raw_uri',
  'c-uri': 'raw_uri',
  uri: 'raw_uri',
  url: 'raw_uri',
  'cs-uri-path': 'raw_path',
  'cs-method': 'method',
  'cs-user-agent': 'raw_user_agent',
  'c-useragent': 'raw_user_agent',
  'cs-referer': 'raw_referer',
  'cs-referrer': 'raw_referer',
  'c-referer': 'raw_referer',
  'sc-status': 'status',
  'cs-host': 'host',
  'c-host': 'host',
  'r-dns': 'host',
  'c-ip': 'client_ip',
  clientip: 'client_ip',
  client_ip: 'client_ip',
  src_ip: 'client_ip',
  'cs-username': 'consumer_name',
  'cs-bytes': 'request_bytes',
  'sc-bytes': 'response_bytes',
  'time-taken': 'latency_total_ms',
  'cs-content-type': 'request_content_type',
  'sc-content-type': 'response_content_type',
};

export const sigmaField = (name: string): string | undefined => FIELDS[name] ?? FIELDS[name.toLowerCase()];

export const sigmaFieldNames = (): readonly string[] => Object.keys(FIELDS);

/** The field that a Sigma rule counts by, for which the stored form has to do. */
export const storedField = (field: string): string => STORED[field] ?? field;

const STORED: Readonly<Record<string, string>> = {
  raw_uri: 'path',
  raw_path: 'path',
  raw_user_agent: 'user_agent',
  raw_query: 'query',
};
