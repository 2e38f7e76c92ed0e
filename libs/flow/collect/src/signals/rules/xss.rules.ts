import { critical, warning, type AttackRule, type RuleOptions } from '../attack-rule.ts';
import { HAS, IN_REQUEST_LINE, PLACE } from '../subject.ts';

const r = String.raw;
const EVERYWHERE = IN_REQUEST_LINE | PLACE.agent | PLACE.referer | PLACE.name;
const x = (pattern: string, options: RuleOptions = {}): AttackRule => critical('xss', pattern, options);

const CALLED = r`(?:alert|prompt|confirm|eval|print|fetch|import|settimeout|setinterval|function|atob|top\[|window\[|self\[|document\.|window\.|location|console\.)`;
const EVENTS = r`on(?:error|load|loadstart|click|dblclick|focus|focusin|blur|change|input|submit|reset|select|abort|toggle|copy|cut|paste|drag\w*|drop|key\w+|mouse\w+|pointer\w+|touch\w+|wheel|scroll\w*|resize|hashchange|message|pageshow|popstate|unload|beforeunload|begin|end|repeat|start|finish|bounce|animation\w+|transition\w+|canplay\w*|play\w*|pause|ended|show|search|invalid|contextmenu|auxclick|webkit\w+|readystatechange|propertychange|beforescriptexecute|beforeinput|seek\w+|timeupdate|volumechange|waiting|cuechange|storage|offline|online)`;

export const XSS_RULES: readonly AttackRule[] = [
  x(r`<\s*/?\s*script[\s/>:]|<\s*script$|<script\W`, {
    needs: HAS.angle,
    words: ['script'],
    places: EVERYWHERE,
    unless: r`^<script>$|^[a-z][a-z ]* <script> [a-z ]+$`,
  }),
  x(r`<[^>]*[\s/"'](?:${EVENTS})\s*=`, { needs: HAS.angle, words: ['on'], places: EVERYWHERE }),
  // out of an attribute, without a tag of its own
  x(r`(?:['"${'`'}][\s/]*|^\s*/*\s*)${EVENTS}\s*=\s*[^\s=]*[\w(]*(?:\(|${'`'}|\bjavascript:|&|=)`, {
    words: ['on'],
    places: IN_REQUEST_LINE | PLACE.name,
  }),
  x(r`['"]\s+(?:autofocus|style|tabindex|accesskey|contenteditable)\b[^<]*\bon[a-z]+\s*=`, {
    needs: HAS.quote,
    words: ['on'],
  }),
  x(
    r`(?:java|vb|live)\s*s\s*c\s*r\s*i\s*p\s*t\s*:\s*(?:${CALLED}|//|/\*|%0|[\w.\[\]'"+]+\s*[(${'`'}=]|\(|\[|['"${'`'};]|this|void\s*[(0])`,
    {
      words: ['script:', 'script :', 's c', 'java s'],
      places: EVERYWHERE,
    },
  ),
  x(
    r`data\s*:\s*(?:text/(?:html|xml|javascript)|image/svg\+?\s?xml|application/(?:xhtml\+?\s?xml|x?-?javascript))\s*[;,]`,
    {
      words: ['data:', 'data :'],
    },
  ),
  // "><svg, '></title>: the value breaks out of the page's own tag
  x(r`^[^<]*['"][\s/]*>\s*<\s*[a-z/!]`, { needs: HAS.angle | HAS.quote, places: IN_REQUEST_LINE | PLACE.name }),
  x(r`^\W*(?:-->|\]\]>|</(?:title|textarea|style|noscript|script|template|xmp|iframe|option|select)\s*>)\s*<`, {
    needs: HAS.angle,
  }),
  x(
    r`<\s*(?:iframe|frame|object|embed|applet|base|meta|link|form|body|svg|math|isindex|layer|bgsound|animate|set|xml|foreignobject|noembed|noframes|input|button|img|image|video|audio|source|a|details|marquee|style|x|div|p)\b[^>]*(?:javascript|vbscript|data:text|srcdoc\s*=|formaction\s*=|xlink:href\s*=|expression\s*\(|http-equiv\s*=\s*['"]?refresh|-moz-binding|behavior\s*:)|<style[^<]*@import`,
    {
      needs: HAS.angle,
      places: EVERYWHERE,
    },
  ),
  x(r`<\s*(?:iframe|object|embed|applet|base|frameset|isindex)\b[\s/]+[a-z]+\s*=`, {
    needs: HAS.angle,
    unless: r`<iframe[^>]*https://(?:www\.youtube|player\.vimeo|open\.spotify|www\.google)`,
  }),
  warning(
    'xss',
    r`<\s*(?:svg|math|iframe|object|embed|base|marquee|body|applet|details|img|audio|video|meta|link|form|input|style|xss|h1)(?:[\s/>]|$)`,
    { needs: HAS.angle, unless: r`^<\w+>$|https?://|\]\(` },
  ),
  x(
    r`\b(?:document\.(?:cookie|domain|location|write(?:ln)?\s*\(|body\.|queryselector)|window\.(?:location\s*=|name|onerror|open\s*\()|string\.fromcharcode\s*\(|localstorage\.getitem|eval\s*\(\s*(?:atob|string|name|location|unescape)|location\s*=\s*['"]?javascript)`,
    {
      words: ['document.', 'window.', 'fromcharcode', 'localstorage', 'eval', 'location'],
      unless: r`^[\w\s.?]+$`,
    },
  ),
  x(
    r`(?:^|['"\];>(,+\-*/%=&|{!~^\s])(?:alert|prompt|confirm)\s*(?:\(|${'`'})\s*(?:\d|document|origin|xss|/|this|self|window|string|location|['"${'`'}]?xss|${'`'})`,
    {
      words: ['alert', 'prompt', 'confirm'],
      unless: r`^[\w\s.]+\(\)$|^(?:alert|prompt|confirm) ?\(\d?\) [a-z]{4,}[a-z ]*$`,
      places: EVERYWHERE,
    },
  ),
  warning('xss', r`(?:['"];?|\))\s*(?:-|\+|\*|;|,|\||&)+\s*(?:alert|prompt|confirm|eval|print)\b`, {
    words: ['alert', 'prompt', 'confirm', 'eval', 'print'],
  }),
  x(
    r`(?:alert|prompt|confirm)\s*['"\])]*\s*\)?\s*\(\s*(?:1|document|['"])\S*\)|\[['"](?:alert|constructor)['"]\]\s*\(|\{\{.*constructor.*\}\}|\[\]\[['"]?(?:fill|filter|flat|at)|\[\]\[\(!\[\]`,
    { needs: HAS.paren, unless: r`^[\w\s.]+\(` },
  ),
];
