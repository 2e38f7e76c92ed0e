import type { AttackRule } from '../attack-rule.ts';
import { CRITICAL_SCORE } from '@outrider/domain/signals/attack-family';
import { linear } from '../attack-rule.ts';
import { ANYWHERE } from '../subject.ts';

const MAX_UNNESTED = 8;
const LOOKUP = linear(
  String.raw`\$\{\s*(?:jndi\s*:|(?:script|dns|url)\s*:|base64:)|jndi:(?:ldaps?|rmi|dns|iiop|corba|nis|nds|https?):`,
);
/** Hiding a letter in a lookup has no honest use in a request. */
const HIDING = linear(
  String.raw`\$\{(?:lower|upper|::-|env:[^}]*:-|sys:[^}]*:-|date:'|main:|ctx:|java:(?:version|os|vm|runtime|hw)|env:(?:aws|path|user|java|host)|sys:(?:user|java|os)|sd:|bundle:|[^}:]*:-[a-z]\}|[^}]{0,40}:[^}]{0,40}:-)`,
);

const reads = (text: string): boolean => LOOKUP.test(text) || HIDING.test(text) || LOOKUP.test(unnested(text));

/** `${${lower:j}ndi:…` as Log4j reads it, from the inside out. Linear a round, at most eight rounds. */
const unnested = (text: string): string => {
  let now = text;
  for (let round = 0; round < MAX_UNNESTED; round++) {
    const before = now;
    now = now.replace(/\$\{([^${}]{0,64})\}/g, (whole, inner: string) => valueOf(inner) ?? whole);
    if (now === before) break;
  }
  return now;
};

const valueOf = (lookup: string): string | undefined => {
  const fallback = lookup.lastIndexOf(':-');
  if (fallback !== -1) return lookup.slice(fallback + 2);
  const colon = lookup.indexOf(':');
  const kind = colon === -1 ? '' : lookup.slice(0, colon);
  return kind === 'lower' || kind === 'upper' || kind === 'date'
    ? lookup.slice(colon + 1).replaceAll("'", '')
    : undefined;
};

/** Log4Shell and Text4Shell, in any place that is logged. */
export const JNDI_RULES: readonly AttackRule[] = [
  {
    family: 'jndi',
    score: CRITICAL_SCORE,
    places: ANYWHERE,
    needs: 0,
    matches: ({ plain }) => (plain.includes('${') || plain.includes('jndi:')) && reads(plain),
  },
];
