import ipaddr from 'ipaddr.js';

/** IPv4 networks that are not in ipaddr.js's ranges, or that it calls ordinary: what no webhook has business with. */
const REFUSED_V4 = ['0.0.0.0/8', '192.0.0.0/24', '192.88.99.0/24', '198.18.0.0/15', '168.63.129.16/32'].map((cidr) =>
  ipaddr.IPv4.parseCIDR(cidr),
);
const REFUSED_V6 = ['::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '5f00::/16', 'fec0::/10', 'fd00:ec2::/32'].map(
  (cidr) => ipaddr.IPv6.parseCIDR(cidr),
);

/**
 * Whether an address is public unicast. Everything else is refused: loopback, private, link-local (with the metadata services), carrier
 * NAT, multicast, reserved, documentation; and IPv6 forms that carry such an IPv4 address (mapped, 6to4, NAT64).
 */
export const isPublicAddress = (address: string): boolean => {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  return parsed instanceof ipaddr.IPv6 ? isPublicV6(parsed) : isPublicV4(parsed);
};

const isPublicV4 = (address: ipaddr.IPv4): boolean =>
  address.range() === 'unicast' && !REFUSED_V4.some((network) => address.match(network));

const isPublicV6 = (address: ipaddr.IPv6): boolean => {
  if (address.isIPv4MappedAddress()) return isPublicV4(address.toIPv4Address());
  const bytes = address.toByteArray();
  const range = address.range();
  if (range === '6to4') return isPublicV4(new ipaddr.IPv4(bytes.slice(2, 6)));
  if (range === 'rfc6052') return isPublicV4(new ipaddr.IPv4(bytes.slice(12, 16)));
  return range === 'unicast' && !REFUSED_V6.some((network) => address.match(network));
};
