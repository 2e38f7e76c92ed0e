/** Words that stand for themselves beside ids: `/users/me`, `/releases/latest`. */
const RESERVED = new Set(
  `me self current mine my search find query lookup latest recent all any new count total totals stats statistics status summary export
  exports import imports bulk batch upload uploads download downloads list public private starred trash archive archived default active
  inactive pending validate verify check preview health healthz ping info config settings options schema metadata filter filters login logout
  signup signin register refresh token tokens callback subscribe unsubscribe feed suggest suggestions autocomplete random popular trending
  featured top history changes events comments tags assets actions add remove create update delete enable disable cancel start stop
  restart reset`.split(/\s+/),
);

const WORDS = new Set(
  `api apis rest graphql v1 v2 v3 v4 v5 v6 admin administration internal external account accounts user users group groups member members
  membership memberships team teams org orgs organization organizations organisation organisations company companies customer customers
  client clients partner partners vendor vendors supplier suppliers employee employees person people contact contacts profile profiles
  address addresses phone phones email emails message messages thread threads conversation conversations chat chats channel channels room
  rooms notification notifications alert alerts event events webhook webhooks hook hooks subscription subscriptions plan plans price prices
  product products item items category categories catalog catalogs collection collections order orders cart carts checkout basket payment
  payments charge charges refund refunds invoice invoices transaction transactions transfer transfers payout payouts balance balances bank
  card cards wallet wallets coupon coupons discount discounts promotion promotions tax taxes shipping shipment shipments delivery deliveries
  inventory stock warehouse warehouses store stores location locations region regions zone zones country countries city cities currency
  currencies language languages locale locales file files folder folders document documents image images photo photos video videos media
  asset assets attachment attachments upload uploads download downloads export import report reports dashboard dashboards chart charts
  metric metrics log logs audit audits history activity activities stat stats statistics analytics usage quota quotas limit limits rule
  rules policy policies role roles permission permissions scope scopes grant grants key keys secret secrets token tokens credential
  credentials session sessions auth oauth oauth2 sso saml oidc login logout register password passwords mfa otp job jobs task tasks queue
  queues worker workers schedule schedules workflow workflows run runs build builds pipeline pipelines deployment deployments release
  releases version versions environment environments variable variables config configs configuration configurations setting settings
  preference preferences option options feature features flag flags template templates form forms field fields schema schemas type types
  model models object objects resource resources entity entities record records row rows table tables column columns view views query
  queries search filter filters sort tag tags label labels note notes comment comments review reviews rating ratings like likes favorite
  favorites follower followers following friend friends block blocks blocked reaction reactions post posts article articles page pages blog
  blogs site sites domain domains dns certificate certificates network networks subnet subnets ip ips firewall firewalls server servers
  instance instances node nodes cluster clusters pod pods service services volume volumes snapshot snapshots backup backups disk disks
  database databases bucket buckets cache caches app apps application applications device devices sensor sensors command commands action
  actions operation operations integration integrations connection connections connector connectors provider providers plugin plugins
  extension extensions module modules package packages project projects repo repos repository repositories branch branches commit commits
  merge merges pull pulls issue issues milestone milestones ticket tickets case cases incident incidents board boards sprint sprints list
  lists link links url urls redirect redirects path paths route routes code codes status state states health info meta metadata details
  summary batch bulk create update delete remove add cancel close open start stop pause resume restart reset enable disable activate
  deactivate approve reject accept decline confirm verify validate check test tests send resend submit publish unpublish archive unarchive
  restore copy clone move rename merge split lock unlock assign unassign invite invites invitation invitations sync refresh scan scale
  suggestion suggestions recommendation recommendations score scores rank ranking leaderboard game games match matches player players
  question questions answer answers survey surveys poll polls vote votes course courses lesson lessons student students teacher teachers
  class classes grade grades exam exams booking bookings reservation reservations appointment appointments calendar calendars availability
  slot slots hotel hotels flight flights trip trips car cars vehicle vehicles driver drivers ride rides property properties listing listings
  patient patients doctor doctors claim claims contract contracts agreement agreements signature signatures lead leads deal deals campaign
  campaigns segment segments audience audiences ad ads source sources target targets destination destinations stream streams topic topics
  subject subjects license licenses namespace namespaces endpoint endpoints proxy attach detach rotate download me self system global
  security scanning alerts default public private shared internal time date number value values data batch results result entry entries
  participant participants owner owners assignee assignees watcher watchers worklog worklogs priority priorities resolution resolutions
  dimension dimensions attribute attributes relation relations parent parents child children root tree trees blob blobs ref refs git`.split(
    /\s+/,
  ),
);

const MAX_WORD_NAME = 64;

/** They stand for a value: what is below them is what is below any value, and they stay names. */
const SELF = new Set(['me', 'self', 'current', 'mine', 'my', 'latest', 'default']);

export const isSelfName = (token: string): boolean => SELF.has(token);

export const isReservedName = (token: string): boolean => RESERVED.has(token);

/** 1: speaks of a name; 0: may be either; -1: speaks of a value. */
export type NameLikeness = -1 | 0 | 1;

/** From the letters alone, by words that APIs name their resources with. */
export const nameLikeness = (text: string): NameLikeness => {
  const token = text.endsWith('({id})') ? text.slice(0, -6) : text;
  const { length } = token;
  if (WORDS.has(token) || RESERVED.has(token)) return 1;
  if (length > MAX_WORD_NAME) return -1;
  let digits = 0;
  let upper = 0;
  let lower = 0;
  let others = 0;
  for (let i = 0; i < length; i++) {
    const c = token.charCodeAt(i);
    if (c >= 48 && c <= 57) digits++;
    else if (c >= 65 && c <= 90) upper++;
    else if (c >= 97 && c <= 122) lower++;
    else if (c !== 45 && c !== 95 && c !== 46 && c !== 1 && c !== 58) others++;
  }
  if (others > 0) return -1;
  if (digits > 0 && isVersionName(token)) return 1;
  // `k8s`, `oauth2`, `load_15`: a digit or two within words.
  if (digits > 2 || digits * 4 > length || (digits > 1 && !known(token))) return -1;
  if (lower === 0 && upper > 3) return -1;
  if (known(token)) return 1;
  // `OcHapBgbscNzNN`: the words of a name are longer.
  return upper > 2 && length >= 10 && length < 3.5 * humps(token) ? -1 : 0;
};

/** Words of `bypassActivationLock`: three. */
const humps = (token: string): number => {
  let count = 1;
  for (let i = 1; i < token.length; i++) if (isUpper(token, i) && !isUpper(token, i - 1)) count++;
  return count;
};

const isUpper = (token: string, i: number): boolean => token.charCodeAt(i) >= 65 && token.charCodeAt(i) <= 90;

const VERSION = /^v?\d{1,2}(?:\.\d{1,2})?(?:(?:alpha|beta|rc|p)\d{0,3})*$/i;

/** `v1`, `v2.1`, `v1beta1`, `2.0`: not a third part, that is a release's number. */
export const isVersionName = (token: string): boolean => token.length <= 12 && VERSION.test(token);

/** `customerGroups`, `merge-upstream`: half of its words, at least, are known. */
const known = (token: string): boolean => {
  const words = token.split(/[-_.]|(?<=[a-z])(?=[A-Z])/);
  if (words.length < 2 || words.length > 8) return false;
  let hits = 0;
  let numbers = 0;
  for (const word of words)
    if (/^\d+$/.test(word)) numbers++;
    else if (WORDS.has(word.toLowerCase())) hits++;
  return hits > 0 && hits * 2 >= words.length - numbers;
};
