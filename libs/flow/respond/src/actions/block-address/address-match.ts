import { BlockList, isIP } from 'node:net';

/** Whether a list of addresses and CIDRs, as Kong's ip-restriction takes them, contains the address. Entries that are neither match nothing. */
export const listMatches = (entries: readonly string[], address: string): boolean => {
  const family = familyOf(address);
  if (family === undefined) return false;
  const list = new BlockList();
  for (const entry of entries) add(list, entry);
  return list.check(address, family);
};

const familyOf = (address: string): 'ipv4' | 'ipv6' | undefined => {
  const version = isIP(address);
  return version === 4 ? 'ipv4' : version === 6 ? 'ipv6' : undefined;
};

const add = (list: BlockList, entry: string): void => {
  const [address = '', prefix] = entry.split('/');
  const family = familyOf(address);
  if (family === undefined) return;
  if (prefix === undefined) return list.addAddress(address, family);
  const bits = Number(prefix);
  if (Number.isInteger(bits) && bits >= 0 && bits <= (family === 'ipv4' ? 32 : 128))
    list.addSubnet(address, bits, family);
};
