/**
 * The shape of text that could not be read: words that Kong, HTTP and JSON themselves use stay, every other run of letters and digits
 * becomes its length. So nothing that a client, a key or a person chose can survive, whatever the text is.
 */
const MAX_EXCERPT = 2_000;
const MAX_READ = 8_192;

const VOCABULARY = new Set(
  `started_at client_ip request response method uri url querystring headers size status tls version cipher client_verify upstream_uri
  upstream_status source kong upstream latencies receive proxy tries balancer_start balancer_latency balancer_start_ns balancer_latency_ns
  ip port state failed code authenticated_entity consumer consumer_id id created_at updated_at username custom_id tags route service name
  protocols paths hosts methods snis sources destinations strip_path preserve_host regex_priority path_handling https_redirect_status_code
  request_buffering response_buffering ws_id host protocol path retries connect_timeout read_timeout write_timeout enabled workspace
  workspace_name default session received sent server_port trace_id correlation_id ai true false null http https grpc grpcs tcp tls udp
  GET POST PUT PATCH DELETE HEAD OPTIONS TRACE CONNECT HTTP Host host User-Agent user-agent Accept accept Content-Type content-type
  Content-Length content-length Connection connection close keep-alive authorization apikey cookie set-cookie referer x-forwarded-for
  via date server transfer-encoding chunked application json text html`.split(/\s+/),
);

/** Redacted, at most 2 KiB in UTF-8. */
export const excerptOf = (bytes: Buffer): string => {
  const text = bytes.toString('latin1', 0, Math.min(bytes.length, MAX_READ));
  let out = '';
  let i = 0;
  while (i < text.length && out.length < MAX_EXCERPT) {
    const start = i;
    while (i < text.length && isWordCode(text.charCodeAt(i))) i++;
    if (i > start) {
      const word = text.slice(start, i);
      out += VOCABULARY.has(word) ? word : `<${word.length}>`;
      continue;
    }
    const c = text.charCodeAt(i++);
    out += c >= 32 && c < 127 ? text[i - 1] : '.';
  }
  const cut = out.length > MAX_EXCERPT ? out.slice(0, MAX_EXCERPT) : out;
  return i < text.length || bytes.length > MAX_READ ? `${cut}…` : cut;
};

/** Everything that can be part of a key, a token or a word in any script; separators of JSON, URLs and header lines are not. */
const isWordCode = (c: number): boolean =>
  (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 57) || c === 95 || c === 45 || c === 43 || c === 46 || c === 126 || c === 37 || c > 127; // prettier-ignore
