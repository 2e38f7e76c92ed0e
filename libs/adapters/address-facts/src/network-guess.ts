import type { NetworkKind } from '@outrider/domain/traffic/api-event';

/**
 * Networks of the big clouds, hosters and content networks, as their registries publish them. Small on purpose: it is the fall-back where no
 * source tells the kind; a source that does is always better. 36183 is Akamai's part of Apple's private relay.
 */
const HOSTING_ASNS: ReadonlySet<number> = new Set([
  16509, 14618, 8987, 7224, 39111, // Amazon
  15169, 396982, 19527, 36040, // Google
  8075, 8068, 8069, 12076, // Microsoft
  14061, 200130, 202018, 394362, // DigitalOcean
  16276, 35540, // OVH
  24940, 213230, 212317, // Hetzner
  63949, 20940, 16625, 12222, 21342, // Akamai, Linode
  20473, // Vultr
  45102, 37963, 45103, 134963, // Alibaba
  132203, 45090, 132591, // Tencent
  31898, 7160, 6142, // Oracle
  51167, 40021, 141995, // Contabo
  60781, 28753, 30633, 59253, 16265, 395954, 205544, // Leaseweb
  9009, // M247
  136907, 55990, // Huawei Cloud
  36351, // IBM Cloud, SoftLayer
  12876, 29447, // Scaleway
  13335, 209242, // Cloudflare
  54113, // Fastly
  60068, 212238, // CDN77, Datacamp
  8560, 8972, 197540, 47583, 26347, 26496, 46606, 32475, 55286, 62567, 62904, 53667, 8100, 40676, 35916, 36352, 23470, 46562, 20278, 29802,
  19318, 33387, 54290, 63023, 35913, 18978, 21859, 25820, 199524, 202422, 44066, 49505, 48282, 9123, 50340, 57043, 49981, 43350, 60404,
  206092, 207990, 198605, 39351, 137409, 209854, 210558, 44477, 42708, 58061, 51852, 62240, 34549, 42831, 20860,
]); // prettier-ignore

/** Words of organisations that host, whole words in any case. */
const HOSTING =
  /\b(?:amazon|aws|google(?! fiber)|azure|microsoft|digital ?ocean|ovh|hetzner|linode|akamai|vultr|choopa|constant company|alibaba|aliyun|tencent|oracle|contabo|leaseweb|m247|scaleway|online s\.?a\.?s|huawei cloud|softlayer|cloudflare|fastly|rackspace|godaddy|ionos|hostinger|hostwinds|namecheap|dreamhost|bluehost|interserver|colocrossing|quadranet|psychz|buyvm|frantech|racknerd|servermania|upcloud|kamatera|selectel|timeweb|datacamp|clouvider|servers\.com|g-core|gcore|hosting|hosted|hoster|webhost|vps|colocation|colo|data ?cent(?:er|re)s?|dedicated servers?|cloud|servers)\b/i;
const EDUCATION =
  /\b(?:universit\p{L}*|college|school|education\p{L}*|academic|surfnet|surf b\.?v|renater|janet|dfn|geant|campus)\b/iu;
const GOVERNMENT =
  /\b(?:government|ministry|ministerie|minist[eè]re|department of|state of|county of|city of|gemeente|army|navy|air force|dod|defen[cs]e)\b/iu;
const RELAY_ASNS: ReadonlySet<number> = new Set([36183]);

/** The kind of network that the name of its organisation suggests; '' for most. */
export const guessNetwork = (asn: number, organization: string): NetworkKind => {
  if (RELAY_ASNS.has(asn)) return 'relay';
  if (HOSTING_ASNS.has(asn)) return 'hosting';
  if (organization === '') return '';
  if (EDUCATION.test(organization)) return 'education';
  if (GOVERNMENT.test(organization)) return 'government';
  return HOSTING.test(organization) ? 'hosting' : '';
};
