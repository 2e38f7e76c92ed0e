import { critical, warning, type AttackRule, type RuleOptions } from '../attack-rule.ts';
import { ANYWHERE, HAS, IN_REQUEST_LINE, PLACE } from '../subject.ts';

const r = String.raw;
const EVERYWHERE = IN_REQUEST_LINE | PLACE.agent | PLACE.referer;

const critically = (pattern: string, options: RuleOptions = {}): AttackRule =>
  critical('sqli', pattern, { view: 'sql', ...options });
const warn = (pattern: string, options: RuleOptions = {}): AttackRule =>
  warning('sqli', pattern, { view: 'sql', ...options });

/** A quoted text or a number: what a tautology compares. Columns, as honest filter languages compare them, are neither. */
const LITERAL = r`(?:['"][^'"]*['"]?|0x[0-9a-f]+|-?\d+)`;
/** A quote that was not opened in this text: it closes the one that the application put before it. */
const OPEN = r`(?:^[^']*'(?:[^']*'[^']*')*|^[^"]*"(?:[^"]*"[^"]*")*)`;
const COMPARE = r`\s*(?:=|<=>|<>|!=|<|>|\blike\b|\brlike\b|\bregexp\b|\bbetween\b|\bis\b|\bin\b)\s*`;
const JOIN = r`(?:\b(?:or|and|xor|having|where)\b|\|\||&&)`;
const SQL_FUNCTION = r`(?:ascii|ord|substring|substr|substring_index|mid|length|len|char_length|unicode|hex|left|right|lower|upper|strcmp|ifnull|nullif|isnull|exists|if|iif|count|db_name|user_name|system_user|current_user|database|version|bitand|make_set|elt|row|convert|cast)`;

/** Quotes broken out of, statements chained, conditions that are always true or false. */
const BREAKING_OUT: readonly AttackRule[] = [
  // ' or '1'='1, ') or ('a'='a, " and "x" like "x
  critically(
    r`${OPEN}[\s)]*${JOIN}[\s(]*(?:not[\s(]+)?${LITERAL}[\s)]*${COMPARE}[\s(]*(?:${LITERAL}|true|false|null)`,
    {
      needs: HAS.quote,
      places: EVERYWHERE,
    },
  ),
  // ' or ''=', 'or'x'='
  critically(r`${OPEN}\s*\)*\s*(?:or|\|\|)\s*\(*['"][^'"]*['"]\s*=\s*\(*['"]`, {
    needs: HAS.quote,
    places: EVERYWHERE,
  }),
  // ' or true--, ' or 1#, ' || 1
  critically(
    r`${OPEN}[\s)]*(?:\bor\b|\|\|)[\s(]*(?:(?:true|not false|-?\d+|''?)[\s)]*(?:--|#|;|/\*|$)|['"][^'"]*['"][\s)]*(?:--|#|;|/\*))`,
    {
      needs: HAS.quote,
    },
  ),
  // 1 or 1=1, 1) and 4516=4516
  critically(
    r`(?:^|[\s\d)'"])(?:\b(?:or|and|xor|having|where)\b[\s(]+|\b(?:or|and)\b\(|\s*(?:\|\||&&)[\s(]*)(?:not[\s(]+)?-?\d+[\s)]*(?:=|<=>|<>|!=|<|>|like)[\s(]*-?\d+`,
    {
      needs: HAS.digit,
      words: [
        ' or ',
        ' and ',
        ' xor ',
        '||',
        '&&',
        ')or',
        ')and',
        ' having ',
        'or(',
        'and(',
        ' where ',
        'or 1',
        'and 1',
      ],
    },
  ),
  // 1 or 1, or true at the very end
  warn(r`^-?\d+[\s)'"]+(?:or|and)[\s(]+(?:\d+|true|false)[\s)]*(?:--.*|#.*)?$`, { needs: HAS.digit | HAS.space }),
  // admin'--, x')#, 1"/*: what follows the quotes is cut off, and one of them stays open
  critically(r`${OPEN}[\s)]*;?\s*(?:--|#|/\*)`, { needs: HAS.quote }),
  // the database is left to join the parts: 'a'||(select …), '+(select, '||utl_http
  critically(
    r`['"]\s*(?:\|\||\+|,)\s*\(*\s*(?:select\b|case\s+when|[a-z_]+\.[a-z_]+\(|chr\(|char\(|cast\(|convert\(|length\()`,
    {
      needs: HAS.quote | HAS.paren,
    },
  ),
  critically(r`\w?['"]\s*\|\|\s*['"]\w*$`, { needs: HAS.quote, words: ['||'] }),
  // ; drop table, '; exec xp_cmdshell
  critically(
    r`(?:;|['"]\s*\)*\s+)\s*(?:drop\s+(?:table|database|schema|view|user|index|procedure)\b|delete\s+from\b|insert\s+into\b|update\s+\S+\s+set\b|alter\s+(?:table|user|database|login)\b|create\s+(?:table|user|or\s+replace|function|database|login|alias)\b|truncate\s+table\b|shutdown\b|exec(?:ute)?[\s(]+['"]?(?:xp_|sp_|master|immediate|\()|declare\s+@\w+\s|waitfor\s+(?:delay|time)\b|copy\s+\S+\s+(?:from|to)\s|grant\s+all|attach\s+database|handler\s+\S+\s+open)`,
    { needs: HAS.space, places: EVERYWHERE, unless: r`^(?:begin|create|with)\b` },
  ),
  critically(r`^\s*declare\s+@\w+\s+\w+|\bexec(?:ute)?\s*\(\s*@`, { words: ['declare', 'exec'] }),
  critically(r`[\d'")]\s*;\s*(?:select|call|if|begin|set)[\s(]+[^;]*[(@=]`, {
    words: ['select', 'call', 'if', 'begin', 'set'],
    needs: HAS.separator,
  }),
];

/** Data fetched by a query of the attacker's own. */
const FETCHING: readonly AttackRule[] = [
  critically(
    r`\bunion[\s(]+(?:all[\s(]+|distinct[\s(]+)?select\b[\s(]*(?:null\b|-?\d|['"@*~]|0x|char\(|chr\(|concat|group_concat|cast\(|convert\(|version|user\b|database\(|load_file|unhex|table_name|column_name|\w+\s*,|\w+\s+from\b|\w+\()`,
    { words: ['union'], places: EVERYWHERE },
  ),
  critically(
    r`\bunion[\s(]+(?:all|distinct)[\s(]+select\b|\bunion\s*\(\s*select\b|\)\s*union\s*(?:all\s*)?select|\d\s*union\s*select\b|['"]\s*union\s+select\b`,
    {
      words: ['union'],
      places: EVERYWHERE,
    },
  ),
  // (select … from …), where the whole is not itself a query of an API that speaks SQL
  critically(r`\(\s*select\b[\s(*'"\d@a-z_].*(?:\bfrom\b|\(|@@|\d\s*\))`, {
    needs: HAS.paren,
    words: ['select'],
    places: EVERYWHERE,
    unless: r`^\s*(?:select|with|explain|from)\b`,
  }),
  critically(
    r`(?:^|[\s'")(,])(?:and|or|where|having)[\s(]+(?:not\s*\(*\s*)?${SQL_FUNCTION}\s*\(.*\)\s*(?:=|<|>|!=|like\b|in\b|between\b|regexp\b)`,
    {
      needs: HAS.paren,
      unless: r`^\s*(?:select|with)\b`,
    },
  ),
  critically(r`\bcase\s+when\b.*\bthen\b.*\b(?:else|end)\b`, {
    words: ['case when'],
    needs: HAS.space,
    unless: r`^\s*(?:select|with)\b`,
  }),
  critically(r`\binto\s+(?:out|dump)file\b\s*['"]|\bload_file\s*\(|\bload\s+data\s+infile\b`, {
    words: ['outfile', 'dumpfile', 'load_file', 'infile'],
  }),
  critically(
    r`\bfrom\s+(?:information_schema|pg_catalog|sys(?:objects|columns|databases|\.)|sqlite_(?:master|schema)|mysql\.|all_tables|user_tables|dual\b|pg_(?:shadow|user|tables)|master\.\.|msysobjects)`,
    {
      words: ['from '],
      places: EVERYWHERE,
      unless: r`^\s*(?:select|with)\b`,
    },
  ),
  warn(
    r`\binformation_schema\b|\bsqlite_master\b|\bpg_shadow\b|\bsysobjects\b|@@(?:version|datadir|hostname|servername)\b|\bmsysaccessobjects\b`,
    {
      words: ['information_schema', 'sqlite_master', 'pg_shadow', 'sysobjects', '@@', 'msysaccess'],
    },
  ),
];

/** What only an attacker calls: delays, errors that speak, programs. */
const TELLING_FUNCTIONS: readonly AttackRule[] = [
  critically(r`(?:^|[\s'"();,=+*/|&-]|\bselect|\bif)(?:select\s*)?sleep\s*\(\s*(?:\d|\(|if)`, {
    needs: HAS.paren | HAS.digit,
    words: ['sleep'],
    places: EVERYWHERE,
    // what people look up about it
    unless: r`sleep \(\d+ ?(?:[a-z]{2}|h\b)[a-z ]*\)$|^\s*(?:how|what|why|use|using)?[a-z ]*\bsleep ?\(\d*\) [a-z]{4,}[a-z ]*$`,
  }),
  // and sleep(5), or pg_sleep(5): a delay in the place of a condition
  critically(
    r`(?:^|[\s\d'")])(?:and|or|xor|\|\||&&)[\s(]+(?:select[\s(]+)?(?:pg_)?sleep\s*\(\s*\d|;\s*(?:select|waitfor|exec)\b[^;]*(?:sleep\s*\(\s*\d|delay\s*['"])`,
    {
      needs: HAS.digit,
      words: ['sleep', 'waitfor'],
    },
  ),
  critically(
    r`\bbenchmark\s*\(\s*\d+\s*,|\bwaitfor\s+(?:delay|time)\s*['"(@]|\bpg_sleep(?:_for)?\s*\(|\bdbms_(?:pipe\.receive_message|lock\.sleep|session\.sleep|xmlgen|ldap\.)|\brandomblob\s*\(|\butl_(?:inaddr|http|smtp|file)\.|\bgenerate_series\s*\(\s*1\s*,\s*\d{6,}`,
    {
      words: ['benchmark', 'waitfor', 'pg_sleep', 'dbms_', 'randomblob', 'utl_', 'generate_series'],
      places: EVERYWHERE,
    },
  ),
  critically(
    r`\bextractvalue\s*\(|\bupdatexml\s*\(|\bfloor\s*\(\s*rand\s*\(|\bexp\s*\(\s*~|\bctxsys\.|\bgtid_subset\s*\(|\bgtid_subtract\s*\(|\b(?:geometrycollection|multipoint|multipolygon|multilinestring|linestring|polygon)\s*\(\s*\(*\s*select|\bjson_keys\s*\(\s*\(|\bconvert\s*\(\s*int\s*,|\bprocedure\s+analyse\b|\bordsys\.|\bxmltype\s*\(`,
    { needs: HAS.paren, places: EVERYWHERE, unless: r`^\s*(?:select|with)\b` },
  ),
  critically(
    r`\b(?:xp_(?:cmdshell|dirtree|regread|fileexist|subdirs|loginconfig)|sp_(?:oacreate|executesql|password|makewebtask|configure)|openrowset\s*\(|opendatasource\s*\(|sys_eval\s*\(|sys_exec\s*\()`,
    {
      words: ['xp_', 'sp_', 'openrowset', 'opendatasource', 'sys_e'],
      places: ANYWHERE,
    },
  ),
  critically(
    r`\b(?:concat|concat_ws|group_concat)\s*\(\s*(?:0x|char\(|chr\(|@@|version\(|user\(|database\(|\(\s*select|['"][~:|])`,
    {
      words: ['concat'],
    },
  ),
  critically(
    r`\b(?:chr|char|nchar)\s*\(\s*\d+\s*\)\s*(?:\|\||\+|,)\s*(?:chr|char|nchar)?|\bchar\s*\(\s*\d+\s*(?:,\s*\d+\s*){2,}\)`,
    {
      words: ['char', 'chr'],
      needs: HAS.paren | HAS.digit,
    },
  ),
  warn(r`(?:^|[\s,('"=])(?:version|user|database|current_user|system_user|session_user|db_name|row_count)\s*\(\s*\)`, {
    words: ['()', '( )'],
    needs: HAS.paren,
  }),
];

/** How tools feel their way: column counts, stray quotes. */
const PROBING: readonly AttackRule[] = [
  critically(r`(?:['")]|\d)\s*\)*\s+(?:order|group)\s+by\s+\d+\b[\s,\d]*(?:--|#|;|/\*)`, {
    needs: HAS.digit,
    words: [' by '],
  }),
  warn(r`(?:^|['")\d])\s*\)*\s+(?:order|group)\s+by\s+\d+\b|^-?\d+\s+order\s+by\s+\w+$`, {
    needs: HAS.digit,
    words: [' by '],
  }),
  critically(r`\bhaving\s+\d+\s*(?:=|<|>)|\brlike\s*\(|\bregexp\s+['"(]|\blike\s+['"]%['"]|\bin\s+boolean\s+mode\b`, {
    words: ['having', 'rlike', 'regexp', 'like', 'boolean'],
    unless: r`^\s*(?:select|with)\b|\b[a-z_]+\s+(?:not\s+)?like\s`,
  }),
  // sqlmap's own: 1.(,)'"
  critically(r`[.,()'"]*(?:'[.,()'"]*"|"[.,()'"]*'|\([.,()]*['"]|['"][.,)]*\()[.,()'"]{3,}$`, {
    needs: HAS.quote | HAS.paren,
  }),
  warn(r`^-?\w{1,12}(?:'|"|\\|'\)|"\)|'\)\)|''|%27|\\'|'"|')$`, {
    places: PLACE.value,
    unless: r`\w\w['"]$|s'$|''$|\d"$`,
  }),
  warn(r`^\d+'$|^\d+'\)+$|^\w*'"+$|^'$|^''$|^"$|^\d+"\)$`, { places: PLACE.value, needs: HAS.quote, unless: r`^''$` }),
];

export const SQLI_RULES: readonly AttackRule[] = [...BREAKING_OUT, ...FETCHING, ...TELLING_FUNCTIONS, ...PROBING];
