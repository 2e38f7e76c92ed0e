import { critical, type AttackRule, type RuleOptions } from '../attack-rule.ts';
import { ANYWHERE, HAS, IN_REQUEST_LINE, PLACE } from '../subject.ts';

const r = String.raw;
const s = (pattern: string, options: RuleOptions = {}): AttackRule =>
  critical('ssti', pattern, { places: ANYWHERE, ...options });
const p = (pattern: string, options: RuleOptions = {}): AttackRule => critical('prototype', pattern, options);

/** Templates and expression languages; a template whose name was simply not filled in (`{{user.id}}`, `${price}`) is none. */
export const SSTI_RULES: readonly AttackRule[] = [
  s(
    r`(?:\{\{|\$\{|#\{|%\{|\*\{|@\{|~\{|\{%|<%=?|\{\{=|\[\[|@\(|\{#|\$\{\{|\{php\}|\{\s*)\s*['"(]?\d+['"]?\s*[*+/-]\s*['"]?\d+['")]?\s*(?:\}|%>|\]\]|\)|%|#)`,
    { needs: HAS.digit },
  ),
  // a product of two numbers, as every tester's first one is: no template has it
  s(r`(?:\{\{|\$\{|#\{|%\{|<%=)\s*['"(]?\d+['"]?\s*\*\s*['"]?\d+['")]?\s*(?:\}|%>|\))`, {
    needs: HAS.digit,
    words: ['*'],
    places: IN_REQUEST_LINE | PLACE.name,
  }),
  s(
    r`(?:\{\{|\$\{|#\{|%\{|\*\{|\{%|<%=?|\{|\$\{\{)[^}]*(?:__class__|__mro__|__subclasses__|__globals__|__builtins__|__init__|__import__|\.constructor\b|getclass\s*\(|\.class\b|forname\s*\(|getclassloader|_self\b|config\.(?:items|from)|self\.(?:_|env)|request\.(?:application|args|environ|class)|lipsum\b|cycler\b|joiner\b|get_flashed_messages|url_for\.|app\.request|settings\.secret|registerundefinedfiltercallback|\|\s*(?:attr|map|filter|sort|reduce|system|passthru)\s*\(?|t\s*\(\s*java|@java|new\s+java|system\s*\(|popen\s*\(|exec\s*\(|file\.(?:open|read)|dir\.entries|runtime|processbuilder|#_member|#context|#application|#request|#parameters|#session)`,
    {
      needs: HAS.brace,
    },
  ),
  s(
    r`\{\{\s*(?:config|self|settings|request|app|['"\[(]|this|constructor|\$on|\$eval|_self|range\.constructor)\s*(?:\}\}|[.|\['"(*])|\{\{\s*dump\(`,
    { needs: HAS.brace },
  ),
  s(r`\{%\s*-?\s*(?:import|include|extends|debug|set\s|for\s|if\s|raw|print|load|php|macro|block|csrf_token)`, {
    needs: HAS.brace,
    places: IN_REQUEST_LINE | PLACE.name,
  }),
  s(
    r`<%=?\s*(?:system|exec|file|dir|io|${'`'}|require|process|global|runtime|response|request|java|@|self|this|foobar|\d)`,
    { needs: HAS.angle },
  ),
  s(
    r`<#(?:assign|list|if|include|import|ftl|setting)\b|freemarker\.template|#set\s*\(\s*\$|#(?:foreach|include|parse|evaluate)\s*\(|\$class\.(?:inspect|type)|\{(?:php|literal|system|\$smarty)|\{\$smarty|\bsmarty\.`,
    {
      words: ['<#', 'freemarker', '#', '$class', '{', 'smarty'],
      needs: 0,
    },
  ),
  // OGNL, SpEL, MVEL, EL
  s(
    r`#_memberaccess|@java\.lang|@ognl\.|%\{\(?#|#\w+\s*=\s*(?:@|new\s)|\(#\w+=|t\(java\.|java\.lang\.(?:runtime|process|class|string|math|system)|javax\.script|getruntime|scriptenginemanager|#context\[|#application|redirect(?:action)?:\s*[$%]\{|class\.module\.classloader|class\[['"]classloader|classloader\.(?:resources|urls|defaultassertion)|#\{[^}]*\.(?:getclass|exec|invoke)`,
    {
      words: ['#', 'java', 't(', 'getruntime', 'scriptengine', 'redirect', 'classloader', '@ognl'],
    },
  ),
  s(
    r`\$\{\s*(?:t\(|@|#|param\.|applicationscope|sessionscope|pagecontext|header\.|cookie\.|facescontext|''\.|""\.|\(|sys\.|env\.)`,
    { needs: HAS.dollar | HAS.brace },
  ),
  s(r`<!--\s*#\s*(?:exec|include|echo|printenv|config|flastmod)\b`, { needs: HAS.angle }),
];

export const PROTOTYPE_RULES: readonly AttackRule[] = [
  p(
    r`__proto__\s*(?:\[|\.|\]|["']\s*[:\]])|\[\s*['"]?__proto__|(?:^|[\[.])__proto__$|constructor\s*\]?\s*(?:\[|\.)\s*['"]?prototype\b`,
    {
      words: ['__proto__', 'prototype'],
      places: PLACE.name | PLACE.path,
    },
  ),
  p(
    r`["']__proto__["']\s*:|__proto__\s*[\[.]|\[['"]?__proto__|["']constructor["']\s*:\s*\{\s*["']prototype|constructor\[['"]?prototype`,
    {
      words: ['__proto__', 'prototype'],
      places: PLACE.value,
    },
  ),
];

/** `\n` and a header, or a whole answer, behind it. */
export const CRLF_RULES: readonly AttackRule[] = [
  critical(
    'crlf',
    r`[\r\n]+\s*(?:set-cookie\s*:|location\s*:\s*(?:https?:|//|/|javascript)|content-(?:length|type|disposition|encoding|location)\s*:|x-[a-z][a-z-]+\s*:|access-control-[a-z-]+\s*:|refresh\s*:\s*\d|host\s*:\s*[\w.]|transfer-encoding\s*:|status\s*:\s*\d|link\s*:\s*<|connection\s*:|referer\s*:|http/[12]|(?:get|post|put|delete|head|options)\s+\S+\s+http/|crlf|header-test|[a-z]+-?inject\w*\s*:)`,
    {
      needs: HAS.line,
      view: 'lines',
      places: IN_REQUEST_LINE | PLACE.name | PLACE.referer,
    },
  ),
  critical('crlf', r`\r\n\s*\r\n\s*<|[\r\n](?:bcc|cc|to|from|mime-version)\s*:\s*[^\s@]+@`, {
    needs: HAS.line,
    view: 'lines',
  }),
  // in a path there is no honest line break
  critical('crlf', r`\r?\n\s*[a-z][a-z0-9-]{2,}\s*[:=]`, { needs: HAS.line, view: 'lines', places: PLACE.path }),
];

export const XXE_RULES: readonly AttackRule[] = [
  critical(
    'xxe',
    r`<!\s*(?:entity|element|attlist|notation)\b|<!\s*doctype\s+[^>\[]*(?:\[|\bsystem\b\s*['"]|\bpublic\b\s*['"][^'"]*['"]\s*['"](?:file|ftp|gopher|php|expect))|\bsystem\s+['"](?:file|https?|ftp|php|expect|gopher|jar|netdoc):|xi:include\b|xinclude|<!\[cdata\[.*<!entity`,
    {
      words: ['<!', 'system', 'xi:', 'xinclude'],
      needs: HAS.angle,
      unless: r`<!doctype\s+html\s*>$`,
      places: IN_REQUEST_LINE | PLACE.name,
    },
  ),
];
