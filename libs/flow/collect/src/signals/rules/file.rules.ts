import { critical, warning, type AttackRule, type RuleOptions } from '../attack-rule.ts';
import { HAS, IN_REQUEST_LINE, PLACE } from '../subject.ts';

const r = String.raw;
const EVERYWHERE = IN_REQUEST_LINE | PLACE.agent | PLACE.referer;
const t = (pattern: string, options: RuleOptions = {}): AttackRule => critical('traversal', pattern, options);

/** Parameters that name a file, a page or a module to be loaded. */
const INCLUDE = r`^(?:.*[_.\[-])?(?:file(?:name|path)?|include|inc|require|template|tpl|layout|module|mod|document_?root|root_?path|base_?path|basedir|absolute_path|abspath|mosconfig.*|conf|config|cfg|lang|language|locale|theme|skin|style|page|pg|p|path|dir|folder|view|content|load|doc|document|body|main|section|show|site|action|url|src|plugin|class|lib)\]?$`;

/** Files outside of what is served, and code from elsewhere. */
export const TRAVERSAL_RULES: readonly AttackRule[] = [
  t(r`(?:^|[/\\=,;:"'@|>\s])\.{2,}[/\\]+(?:[^/\\]*[/\\]+)?\.{2,}(?:[/\\]|$)`, { needs: HAS.dots, places: EVERYWHERE }),
  t(r`\.{2,};[^/\\]*[/\\]|\.\./\.\\|\.\.\\|\.{4,}[/\\]|\.\.?/\./\.\./|(?:\.\.[/\\]+){2,}`, {
    needs: HAS.dots | HAS.slash,
    places: EVERYWHERE,
    unless: r`^\.{4,}/[a-z]`,
  }),
  warning('traversal', r`(?:^|[/\\])\.\.(?:[/\\]|$)`, { needs: HAS.dots, places: PLACE.path }),
  warning('traversal', r`^\.\.[/\\]+[\w.]`, { needs: HAS.dots, places: PLACE.value }),
  t(
    r`\.\.[/\\]+(?:[\w.-]+[/\\]+)*(?:etc|proc|windows|winnt|boot\.ini|win\.ini|web-inf|passwd|shadow|wp-config|config\.|\.env|\.ssh|\.git|\.htaccess|usr|var|bin|cgi-bin|root|home)\b`,
    { needs: HAS.dots | HAS.slash, places: EVERYWHERE },
  ),
  t(
    r`(?:^|[/\\:=.%\s"'>|])etc[/\\.]+(?:passwd|shadow|master\.passwd|gshadow|sudoers|security/passwd)\b|\betc/+(?:\./|\.\./|[*?]+/)*pass(?:wd|\?\?|\*)`,
    { words: ['etc'], places: EVERYWHERE, unless: r`\b[a-z]+ [a-z]+ /etc/\w+|/?etc/\w+ [a-z]+ ?[a-z]*$` },
  ),
  t(
    r`^(?:file:/*|/|\\)+(?:\./)*(?:etc/(?:hosts|group|issue|hostname|fstab|crontab|my\.cnf|motd|resolv\.conf|os-release|mysql/|ssh/|httpd/|apache2?/|nginx/|cron)|proc/(?:self|version|cpuinfo|mounts|net|\d+)|var/log/(?:apache|httpd|nginx|auth|syslog|messages|secure|vsftpd|mail)|root/\.|home/\w+/\.(?:ssh|bash|aws)|var/run/secrets|run/secrets)`,
    {
      needs: HAS.slash,
      places: PLACE.value,
      unless: r` [a-z]+ [a-z]+`,
    },
  ),
  t(r`(?:^|/)proc/(?:self|\d+)/(?:environ|cmdline|fd|maps|status|root|cwd|exe)`, { words: ['proc/'] }),
  t(
    r`(?:^|[/\\=:])(?:win(?:dows|nt)?[/\\]+(?:win\.ini|system\.ini|system32\b|repair)|(?:web|meta)-inf[/\\])|[/\\:](?:win|boot)\.ini\b|\b[c-f]:[/\\]+(?:windows|winnt|boot\.ini|inetpub)`,
    {
      words: ['.ini', 'system32', '-inf', 'winnt', ':/', ':\\', 'repair'],
      unless: r`^https?://[^/]*/[^.]*$`,
    },
  ),
  t(
    r`(?:^|/)\.(?:ssh/(?:id_|authorized_keys|known_hosts)|aws/credentials|bash_history|docker/config\.json|kube/config)`,
    { words: ['.ssh', '.aws', '.bash_', '.docker', '.kube'], places: PLACE.value },
  ),
  t(r`php://filter|\bfile:/{1,3}(?:etc|proc|c:|var|home|root|usr|windows|[.\\])`, {
    words: ['php:', 'file:'],
    places: EVERYWHERE,
  }),
  t(r`\.(?:php|jsp|asp|aspx|html?|txt|ini|conf|log|env|xml|json|yml|bak|jpg|png)$`, {
    places: PLACE.value,
    view: 'lines',
    needs: HAS.line,
    unless: r`[^\x00]{64,}\n`,
  }),
];

export const RFI_RULES: readonly AttackRule[] = [
  critical(
    'rfi',
    r`^\s*(?:php://(?:input|fd|memory|temp|stdin)|expect://|zip://|phar://|ogg://|glob://|ssh2\.\w+://|data:/{0,2}text/plain\s*[;,]|data://|data:application/x-(?:httpd-)?php|compress\.\w+://|jar:(?:http|ftp|file))`,
    {
      needs: HAS.slash,
      places: PLACE.value,
    },
  ),
  critical(
    'rfi',
    r`\b(?:allow_url_(?:include|fopen)|auto_(?:prepend|append)_file|safe_mode|disable_functions|open_basedir)\s*=`,
    {
      words: ['allow_url_', 'auto_', 'safe_mode', 'disable_f', 'open_b'],
      places: IN_REQUEST_LINE | PLACE.name,
    },
  ),
  // a script of another host, and the question mark that cuts off what the page would append
  critical('rfi', r`^(?:https?|ftps?):/{1,2}[^?#\s]+\?+$`, { needs: HAS.slash, places: PLACE.value, name: INCLUDE }),
  critical(
    'rfi',
    r`^(?:(?:https?|ftps?):)?//[^?#\s]+\.(?:txt|php[3-8]?|phtml|inc|sh|cgi|pl|py|rb|jsp|asp|aspx|dat|gif|jpe?g|png)\?(?:\?|$|cmd=|c=|&)`,
    {
      needs: HAS.slash,
      places: PLACE.value,
      name: INCLUDE,
    },
  ),
  critical('rfi', r`^(?:(?:https?|ftps?):)?//[^?#\s]+\.(?:txt|php[3-8]?|phtml|inc|sh|cgi|pl|exe|dtd)(?:%00|\s*)$`, {
    needs: HAS.slash,
    places: PLACE.value,
    name: r`^(?:.*[_.\[-])?(?:include|inc|require|template|tpl|layout|module|mod|document_?root|root_?path|base_?path|basedir|absolute_path|abspath|mosconfig.*|conf|config|cfg|lang|language|theme|skin|plugin|class|lib|file|page|pg|pagina|dir)\]?$`,
  }),
  critical('rfi', r`^(?:ftps?|smb)://|^\\\\[\w.-]+\\\w`, {
    needs: HAS.slash,
    places: PLACE.value,
    name: INCLUDE,
    unless: r`^ftp://ftp\.`,
  }),
];
