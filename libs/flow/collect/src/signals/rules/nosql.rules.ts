import { critical, warning, type AttackRule } from '../attack-rule.ts';
import { HAS, PLACE } from '../subject.ts';

const r = String.raw;
const CREDENTIAL = r`^(?:.*[\[.])?(?:user(?:_?name)?|login|log|email|e?mail|pass(?:word|wd)?|pwd|pin|token|secret|key|api_?key|auth|code|otp|hash|session|reset_?token|role|admin|is_?admin)\]?`;
/** Operators that APIs in the open offer in the query string themselves; in a filter's own container they are honest. */
const CONTAINER = r`^(?:filters?|where|q|query|populate|or|and|\$or|\$and|conditions?|selector)\b`;

/** Operators of document stores where the application expects a plain value. */
export const NOSQL_RULES: readonly AttackRule[] = [
  critical('nosql', r`${CREDENTIAL}\[\$(?:ne|gte?|lte?|n?in|regex|exists|not|eq|where|type|size|mod|all|elemmatch)\]`, {
    needs: HAS.dollar,
    places: PLACE.name,
    unless: CONTAINER,
  }),
  critical('nosql', r`\[\$(?:where|func|function|accumulator)\]|^\$(?:where|func|function)$`, {
    needs: HAS.dollar,
    places: PLACE.name,
  }),
  critical('nosql', r`\[\$(?:expr|jsonschema|regex)\]`, { needs: HAS.dollar, places: PLACE.name, unless: CONTAINER }),
  warning('nosql', r`\[\$(?:ne|nin|exists|not|type|size|mod)\]`, {
    needs: HAS.dollar,
    places: PLACE.name,
    unless: CONTAINER,
  }),
  // an operator on a text that is searched for: honest where an API offers it, a hint beside what is not
  warning(
    'nosql',
    r`^(?:q|s|query|search|keywords?|term|text|name|id)\[\$(?:ne|n?in|gte?|lte?|regex|options|exists|not|eq|type|size|mod|all|elemmatch)\]`,
    {
      needs: HAS.dollar,
      places: PLACE.name,
    },
  ),
  // an operator object in the place of the value
  critical('nosql', r`^\s*\{\s*['"]?\$(?:ne|gte?|lte?|n?in|regex|exists|not|eq|where|type|func|elemmatch)['"]?\s*:`, {
    needs: HAS.brace | HAS.dollar,
    places: PLACE.value,
  }),
  critical('nosql', r`['"]?\$where['"]?\s*:|['"]?\$(?:func|function|accumulator)['"]?\s*:`, { needs: HAS.dollar }),
  critical(
    'nosql',
    r`['"]?\$(?:ne|gt|gte)['"]?\s*:\s*(?:null\b|""|''|-?1\b|undefined)[^{]*\}.*['"]?(?:pass\w*|pwd|token|user\w*|login)['"]?\s*:|(?:pass\w*|pwd|token|user\w*|login)['"]?\s*:\s*\{\s*['"]?\$(?:ne|gte?|regex|n?in|exists)`,
    {
      needs: HAS.brace | HAS.dollar,
    },
  ),
  critical(
    'nosql',
    r`['"]\s*(?:\|\||&&|;)\s*(?:['"]?\w+['"]?\s*===?\s*['"]?\w|this\.\w|return\b|sleep\s*\(|true\b|\(?function)|\bthis\.(?:password|username|user|passwd|email|constructor)\b|;\s*(?:return\s+(?:true|this|'|"|\d)|while\s*\(|var\s+\w+\s*=\s*new\s+date)|\bdb\.(?:\w+\.(?:find|insert|drop|remove)|getcollectionnames|version|getname|hostinfo)\s*\(`,
    {
      words: ['||', '&&', 'this.', 'return', 'while', 'db.', 'var ', 'sleep', 'true'],
    },
  ),
  critical('nosql', r`,\s*\$(?:or|where|and|ne|gt|regex)\s*:\s*[\[{'"]|^true,\s*\$where`, { needs: HAS.dollar }),
];
