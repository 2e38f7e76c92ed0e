import { describe, expect, it } from '@jest/globals';
import { anAnonymousEvent } from '@outrider/domain/traffic/testing';
import { engineOf, findingsIn } from '../../testing/watch-events.ts';
import { CORE_DETECTORS } from '../groups/core.group.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const probing = CORE_DETECTORS.filter(({ type }) => type === 'endpoint-probing');

/** The first paths that the tools sent to a host where nothing of it exists, in their order. */
const WHATWEB = '/ /favicon.ico /favicon.ico /public/assets/images/acpowered.gif /images/background.gif /mainpicture.jpeg /favicon.ico /json /images/rockcolor.gif /ralogo.gif /index.asp /index.asp /status.asp /status.asp /status.asp /config /images/flink-logo.png /overview /1qxqfddp /RELEASE-NOTES.txt /RELEASE-NOTES.txt /manager/status /icons/apache_pb.gif /icons/apache_pb2.gif /RpError/SslRequired /cgi-bin/vers_cgi'.split(' '); // prettier-ignore
const WFUZZ_IIS = '/Micros~1 /WebSer~1 /_mem_bin /_private /_vti_adm /_vti_aut /_vti_bin /_vti_cnf /_vti_log /_vti_pvt /_vti_script /_vti_txt /administration /adsamples /archiv~1 /asp /aspnet_client /asps'.split(' '); // prettier-ignore
const DIRSEARCH = '/plasmsysous_quantmorphify /quantvalance-mechnomify /.chronosystive_neologism /.tectgraphate_aerolithic /.htdynasecize_vibrtechium /.htquantvalent_vibrtechism /neologity_xenonasal_neologify/ /luminastra-exocorent~ /vibrtechant-mechnasian.php /mechnomary_cyberfluxate.php /peltotechent_tectgraphate.asp'.split(' '); // prettier-ignore
/** What a client of backups asked a host that is none. */
const RESTIC = ['/config', '/backup/config', '/backup/', '/config'];
const GIT = Array.from({ length: 6 }, (_, i) => [`/team/repo${i}.git/info/refs`, `/api/v1/repo${i}/info/refs`]).flat();

const APT = ['main', 'contrib', 'non-free'].flatMap((part) =>
  ['binary-amd64/Packages', 'binary-all/Packages', 'i18n/Translation-en', 'i18n/Translation-de'].flatMap((file) =>
    ['.xz', '.bz2', '.lzma', '.gz', ''].map((end) => `/debian/dists/bookworm/${part}/${file}${end}`),
  ),
);

const alerts = (paths: readonly string[], everyMs: number, userAgent = 'Mozilla/5.0'): number =>
  findingsIn(
    engineOf(...probing),
    paths.map((path, i) =>
      anAnonymousEvent({
        startedAt: AT + i * everyMs,
        path,
        pathTemplate: path,
        status: 404,
        serviceId: '',
        userAgent,
      }),
    ),
  ).length;

describe('endpoint-probing of what real tools sent', () => {
  it.each([
    ['whatweb at its most thorough', WHATWEB, 250],
    ['wfuzz with its list for one server', WFUZZ_IIS, 1_200],
    ['dirsearch, one request in two seconds, before its list begins', DIRSEARCH, 2_000],
  ] as const)('tells %s', (_name, paths, everyMs) => {
    expect(alerts(paths, everyMs)).toBeGreaterThan(0);
  });

  it.each([
    ['a client of backups', RESTIC, 'Go-http-client/1.1'],
    ['a client of repositories', GIT, 'git/2.39.5'],
    ['an updater of packages', APT, 'Debian APT-HTTP/1.3 (2.6.1)'],
  ] as const)('says nothing of %s at the wrong host', (_name, paths, userAgent) => {
    expect(alerts(paths, 300, userAgent)).toBe(0);
  });
});
