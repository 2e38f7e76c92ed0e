/** Kinds of names that word lists for scanning hold and few honest clients ask for; bits. */
const KIND = { hidden: 1, backup: 2, php: 4, otherScript: 8, product: 16, config: 32, cgi: 64, escape: 128 } as const;

const BY_ENDING: ReadonlyMap<string, number> = new Map([
  ...['bak', 'old', 'orig', 'save', 'swp', 'tmp', 'zip', 'tar', 'tgz', 'gz', 'rar', '7z', 'sql', 'dump', 'backup', 'copy', 'db', 'sqlite', 'mdb'].map((end) => [end, KIND.backup] as const),
  ...['php', 'php3', 'php4', 'php5', 'phtml', 'php7', 'phps'].map((end) => [end, KIND.php] as const),
  ...['asp', 'aspx', 'jsp', 'jspx', 'cfm', 'asmx', 'ashx', 'jspa', 'action', 'do', 'nsf'].map((end) => [end, KIND.otherScript] as const),
  ...['cgi', 'pl', 'sh', 'bat', 'exe'].map((end) => [end, KIND.cgi] as const),
  ...['env', 'ini', 'cfg', 'conf', 'config', 'inc', 'pem', 'key', 'pfx', 'log', 'yml', 'yaml', 'properties', 'toml', 'lock'].map((end) => [end, KIND.config] as const),
]); // prettier-ignore

const PRODUCTS = new Set(
  'wp-admin|wp-login|wp-content|wp-includes|wordpress|phpmyadmin|pma|myadmin|adminer|phpinfo|server-status|server-info|cgi-bin|actuator|solr|jenkins|jmx-console|web-console|struts|drupal|joomla|typo3|magento|xmlrpc|webdav|_vti_bin|_profiler|nagios|zabbix|phpunit|node_modules|boaform|hnap1|geoserver|owa|autodiscover|heapdump|jolokia|id_rsa|web-inf|meta-inf|elmah|trace.axd|.git|.svn'.split(
    '|',
  ),
); // prettier-ignore

/** Names with a dot in front that browsers, standards and desktops ask for. */
const HONEST = new Set(['.well-known', '.ds_store', '.hidden', '.trashes', '.spotlight-v100', '.fseventsd', '.directory', '.metadata_never_index', '.metadata_never_index_unless_rootfs']); // prettier-ignore

/** What pages embed: dead ones stay in other people's pages for years. */
const EMBEDDED = /\.(?:jpe?g|png|gif|webp|svg|ico|avif|css|js|map|woff2?|ttf|mp[34]|webm|pdf)$/;

/** Names further down are somebody's files. */
const MAX_DEPTH = 3;

/** Bits of the kinds of word-list names among a template's literal names; 0 for an ordinary one. One pass, for rare paths only. */
export const wordListKinds = (template: string): number => {
  let kinds =
    template.includes('/../') || template.includes('..;') || template.includes('%2e') || template.includes('%00')
      ? KIND.escape
      : 0;
  let from = 0;
  const text = template.length > 256 ? template.slice(0, 256) : template;
  for (let depth = 0; from <= text.length && depth < MAX_DEPTH;) {
    let to = text.indexOf('/', from);
    if (to === -1) to = text.length;
    if (to > from) {
      kinds |= kindOfSegment(text.slice(from, to).toLowerCase(), to === text.length);
      depth++;
    }
    from = to + 1;
  }
  return kinds;
};

const kindOfSegment = (segment: string, isLast: boolean): number => {
  if (segment.startsWith('.') && segment.length > 2 && segment[1] !== '_' && !HONEST.has(segment)) return KIND.hidden;
  const dot = segment.indexOf('.');
  const stem = dot === -1 ? segment : segment.slice(0, dot);
  let kinds = segment.endsWith('~') ? KIND.backup : 0;
  if (stem === 'cgi-bin') kinds |= KIND.cgi;
  else if (PRODUCTS.has(stem)) kinds |= KIND.product;
  if (isLast && dot > 0) kinds |= BY_ENDING.get(segment.slice(segment.lastIndexOf('.') + 1)) ?? 0;
  return kinds;
};

/** Not only a backup's or setting's ending, as builds and mirrors have among their dead links, and nothing that pages embed. */
export const isTelling = (template: string, kinds: number): boolean =>
  (kinds & ~(KIND.backup | KIND.config)) !== 0 && !EMBEDDED.test(template.toLowerCase());

/** Several kinds, or one that honest platforms do not have: a site that was moved from one platform leaves dead links of its one kind. */
export const tellsOfScan = (kinds: number): boolean =>
  bitsIn(kinds) > 1 || (kinds & (KIND.hidden | KIND.product)) !== 0;

export const bitsIn = (kinds: number): number => {
  let n = 0;
  for (let rest = kinds; rest > 0; rest &= rest - 1) n++;
  return n;
};
