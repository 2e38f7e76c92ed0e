import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { plainAddress, rangeMatcher } from '../cidr.ts';

/** The client's address: the peer, unless the peer is trusted and names another in the header. */
export const clientAddressReader = (
  trustedIps: readonly string[],
  realIpHeader: string,
): ((request: IncomingMessage) => string) => {
  const isTrusted = rangeMatcher(trustedIps);
  const header = realIpHeader.toLowerCase();
  return (request) => {
    const peer = plainAddress(request.socket.remoteAddress ?? '');
    const given = request.headers[header];
    if (trustedIps.length === 0 || given === undefined || !isTrusted(peer)) return peer;
    // Without real_ip_recursive the last address of the list counts.
    const last = (Array.isArray(given) ? given.join(',') : given).split(',').at(-1)?.trim() ?? '';
    return isIP(last) === 0 ? peer : last;
  };
};
