import { BlockList, isIPv6 } from 'node:net';

const MAX_CACHED = 1_000;
const lists = new Map<string, BlockList>();

/** Whether an address lies in a CIDR (`198.51.100.0/24`, `2001:db8::/32`). Anything unreadable is outside. */
export const isInRange = (address: string, cidr: string): boolean => {
  try {
    return listOf(cidr).check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  } catch {
    return false;
  }
};

const listOf = (cidr: string): BlockList => {
  const known = lists.get(cidr);
  if (known) return known;
  const [net = '', bits = ''] = cidr.split('/');
  const list = new BlockList();
  list.addSubnet(net, Number(bits), isIPv6(net) ? 'ipv6' : 'ipv4');
  if (lists.size >= MAX_CACHED) lists.clear();
  lists.set(cidr, list);
  return list;
};
