import { critical, warning, type AttackRule, type RuleOptions } from '../attack-rule.ts';
import { HAS, IN_REQUEST_LINE, PLACE } from '../subject.ts';

const r = String.raw;
const EVERYWHERE = IN_REQUEST_LINE | PLACE.agent | PLACE.referer | PLACE.name;
const c = (pattern: string, options: RuleOptions = {}): AttackRule =>
  critical('command', pattern, { view: 'shell', ...options });

const TICK = '`';
const BIN = r`(?:/?(?:usr/)?(?:local/)?s?bin/)?`;
/** Words that also name fields, sorts and things: they count only right after something that is no word. */
const SHORT = r`(?:id|ls|ps|env|dir|pwd|set|who|w|df|ver|date)`;
const PLAIN = r`(?:whoami|ifconfig|ipconfig|systeminfo|printenv|netstat|tasklist|uname|hostname|lsb_release)`;
/** With what they are called with. */
const CALLS = r`(?:cat\s+[\w./~*?\[<-]+|(?:wget|curl|lwp-download|fetch)\s+[-\w:/."$]|ping6?\s+(?:-\w|\d|\w+\.\w)|(?:nc|ncat|netcat)\s+(?:-\w|\d|\w+\.)|sleep\s+\d|timeout\s+/?\w?\s?\d|nslookup\s+\S|dig\s+\S+\.|host\s+\S+\.\S|(?:ba|z|k|c|da)?sh\s+-[ci]|cmd(?:\.exe)?\s*/[ck]|powershell(?:\.exe)?\s+[-\w]|pwsh\s+-|python[23]?\s+-c|perl\s+-e|php\s+-r|ruby\s+-r?e|lua\s+-e|node\s+-e|rm\s+-\w*[rf]|chmod\s+[+\d]|chown\s|touch\s+/|echo\s+\S+|printf\s+\S|ls\s+[-/~.]|dir\s+[a-z]:|type\s+(?:[a-z]:|%)|net\s+(?:user|view|localgroup)|id\s+-\w|uname\s+-\w|ps\s+-?\w*[aex]|head\s+[-/]|tail\s+[-/]|more\s+/|less\s+/|tac\s+/|nl\s+/|find\s+/|grep\s+-|awk\s+\{?|xxd\s|base64\s+-|tftp\s|certutil\s|bitsadmin\s|mkfifo\s|telnet\s+\S|socat\s|env\s+\S+=|set\s+/|kill\s+-|busybox\s|sudo\s+\w|reg\s+query|start\s+calc|expr\s+\d|sh\s+/|ftp\s+-)`;
const END = r`\s*(?:$|[;|&)${TICK}#>\r\n\x00])`;

export const COMMAND_RULES: readonly AttackRule[] = [
  c(r`(?:[;|&${TICK}]|\$\()\s*${BIN}(?:${PLAIN}(?:${END}|\s+[-/])|${CALLS})`, {
    needs: HAS.separator,
    unless: r`^[^;|&]*\|\s*(?:more|less|sort)\s`,
  }),
  c(
    r`(?:^|[^\w\s;|&]|\d|&&|\|\||\$\()\s*[;|&]\s*${BIN}${SHORT}${END}|^[;|&]+\s*${BIN}${SHORT}${END}|[;|&]\s*/(?:usr/)?bin/\w|(?:&&|\|\|)\s*${SHORT}${END}`,
    {
      needs: HAS.separator,
      unless: r`\[\d?;|^[\w,.:-]*[;|]\w+[;|]\w+[;|]`,
    },
  ),
  // a line of its own
  critical(
    'command',
    r`[\r\n]\s*${BIN}(?:(?:id|ls|${PLAIN})\s*(?:$|[\r\n])|cat\s+/|(?:wget|curl|ping|nslookup)\s+\S)`,
    { needs: HAS.line, view: 'lines' },
  ),
  c(
    r`\$\(\s*${BIN}(?:(?:${SHORT}|${PLAIN})\s*[\s)>|;&]|${CALLS})|^[^\s,${TICK}]*${TICK}\s*${BIN}(?:id|ls)\s*${TICK}[^\s,${TICK}]*$|${TICK}\s*${BIN}(?:${PLAIN}|cat\s+/\S+|sleep\s+\d+|curl\s+\S+|wget\s+\S+|ping\s[^${TICK}]*)\s*${TICK}|\$\(\(\s*\d+\s*[-+*]\s*\d+\s*\)\)`,
    { needs: HAS.separator, places: EVERYWHERE },
  ),
  // run in the middle of a text: no name and no number is written so
  c(r`\$\(\s*${BIN}(?:(?:id|${PLAIN})\s*[\s)>|;&]|cat\s+/|(?:sleep|ping6?|curl|wget|nslookup)\s+\S)`, {
    needs: HAS.dollar | HAS.paren,
  }),
  critical(
    'command',
    r`\$\{?ifs\b|\$ifs\$|\{(?:cat|ls|curl|wget|echo|ping),[^}]+\}|\$\{path:|%comspec%|\$\{?shell\}?`,
    { words: ['ifs', ',', 'path:', '%comspec%', 'shell'], needs: HAS.separator | HAS.dollar, places: EVERYWHERE },
  ),
  critical('command', r`\{(?:cat|ls|curl|wget|ping),[^}]+\}`, { needs: HAS.brace }),
  // bash function import
  c(r`\(\s*\)\s*\{\s*(?::|_|a|test|x|foo|ignored|\s)*;?\s*\}?\s*;`, {
    needs: HAS.brace | HAS.paren,
    places: EVERYWHERE,
  }),
  c(
    r`/dev/(?:tcp|udp)/[\w.]+/\d|\bnc(?:at)?\s+(?:-\w+\s+)*-\w*e\s|\b(?:ba)?sh\s+-i\b|\|\s*(?:ba|z|k)?sh\b${END}|\b(?:curl|wget)\s+[^|]*\|\s*(?:sudo\s+)?(?:ba|z)?sh|\bpowershell(?:\.exe)?\s+-(?:e|enc|encodedcommand|nop|noprofile|w|windowstyle|c|command|ep|exec)\b|\biex\s*\(|downloadstring\s*\(|\bcmd(?:\.exe)?\s+/c\s|\bmshta\s+http|\bregsvr32\s+/`,
    {
      words: ['/dev/', 'nc', 'sh', 'iex', 'downloadstring', 'cmd'],
      needs: HAS.space,
      places: EVERYWHERE,
    },
  ),
  critical('command', r`^(?:/usr)?/bin/(?:ba|da|z)?sh\b|\bcmd\.exe\b[?/]?|/bin/(?:sh|bash|cat|id|ls)(?:[;|&?\s]|$)`, {
    words: ['/bin/', 'cmd.exe'],
  }),
  // PHP, and what frameworks call by name
  critical(
    'command',
    r`<\?(?:php|=)|\b(?:system|passthru|shell_exec|popen|proc_open|pcntl_exec|assert|base64_decode|file_put_contents|fwrite|readfile|show_source|phpinfo|create_function|call_user_func(?:_array)?)\s*\(\s*(?:['"$@]|\)|base64|chr|array|file|implode|\d)|\$_(?:get|post|request|server|cookie)\s*\[|\bcall_user_func_array\b|\binvokefunction\b|\\think\\`,
    {
      places: EVERYWHERE,
      unless: r`^[\w\s.?]+$|^(?:how|what|why|php)\s[\w\s()?]+$`,
    },
  ),
  c(
    r`\b(?:exec|system|popen|eval|execsync|spawnsync|subprocess\.\w+)\s*\(\s*(?:['"(]?\s*)${BIN}(?:id|ls|${PLAIN}|cat\s|curl\s|wget\s|ping\s|nslookup\s|sleep\s|cmd\b|powershell|touch\s|bash|sh\s)`,
    {
      needs: HAS.paren,
      places: EVERYWHERE,
    },
  ),
  critical(
    'command',
    r`require\s*\(\s*['"]child_process['"]|process\.mainmodule|global\.process|__import__\s*\(\s*['"]?(?:os|subprocess|commands|builtins)|\bos\.(?:system|popen)\s*\(|\bimport\s+os\s*;|runtime\.getruntime\s*\(|java\.lang\.(?:runtime|processbuilder)|new\s+java\.|kernel\.(?:system|exec)|io\.popen|os\.execute\s*\(`,
    {
      needs: HAS.paren,
      places: EVERYWHERE,
    },
  ),
  c(r`^(?:${PLAIN}(?:\s+-\w+)?|cat\s+/etc/\w+|(?:wget|curl)\s+(?:-\w+\s+)*https?://\S+.*|rm\s+-rf\s.*|id;.*|id)$`, {
    places: PLACE.value,
    name: r`^(?:cmd|command|exec|execute|run|shell|code|do|c|x|ping|daemon|cli|upload|func|process|query_cmd)$`,
  }),
  warning(
    'command',
    r`\b[\w-]+\.(?:oast\.(?:pro|live|site|online|fun|me)|interact\.sh|interactsh\.com|burpcollaborator\.net|oastify\.com|dnslog\.cn|ceye\.io|requestbin\.net|bxss\.me|r87\.me)\b`,
    {
      view: 'plain',
      words: ['oast', 'interact', 'burpcoll', 'dnslog', 'ceye', 'requestbin', 'bxss', 'r87.'],
      places: EVERYWHERE,
    },
  ),
];
