import type { UserAgent } from '@outrider/domain/traffic/user-agent';

const tool = (family: string, purpose: UserAgent['tool']): UserAgent =>
  Object.freeze({ family, major: '', kind: 'scanner', tool: purpose });

/** In lower case, decoded. */
const MARKS: readonly (readonly [string, UserAgent])[] = [
  ['/nice ports,/trinity.txt.bak', tool('nmap', 'port-scan')],
  ['/nmaplowercheck', tool('nmap', 'port-scan')],
  ['/nmapuppercheck', tool('nmap', 'port-scan')],
  ['/nmap/folder/check', tool('nmap', 'port-scan')],
  ['/acunetix-wvs-test-for-some-inexistent-file', tool('acunetix', 'vulnerability-scan')],
  ['/nikto-test-', tool('nikto', 'vulnerability-scan')],
  ['/randomfile1', tool('dirb', 'content-discovery')],
  ['/frand2', tool('dirb', 'content-discovery')],
];

/** A part of every mark, as it is sent. */
const ANY_MARK = /tri%6eity|trinity\.txt|\/nmap|acunetix-wvs|nikto-test-|\/randomfile1|\/frand2/i;

/**
 * The tool that asks for such a path, whatever it calls itself; undefined for nearly all. Scanners ask for names that no host can have, to learn
 * how it refuses; no other program and no person asks for these.
 */
export const toolOfPath = (path: string): UserAgent | undefined => {
  if (!ANY_MARK.test(path)) return undefined;
  const text = path
    .toLowerCase()
    .replaceAll('%20', ' ')
    .replaceAll('%2c', ',')
    .replaceAll('%6e', 'n')
    .replaceAll('%2e', '.');
  return MARKS.find(([mark]) => text.includes(mark))?.[1];
};
