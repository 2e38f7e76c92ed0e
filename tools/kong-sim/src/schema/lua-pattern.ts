const CLASSES: Readonly<Record<string, string>> = {
  a: 'A-Za-z',
  d: '0-9',
  l: 'a-z',
  s: '\\s',
  u: 'A-Z',
  w: 'A-Za-z0-9',
  x: '0-9A-Fa-f',
};

/** The served schemas carry Lua patterns; this covers the ones they use (classes, sets, anchors, escapes). */
export const luaPattern = (pattern: string): RegExp => {
  let source = '';
  let inSet = false;
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i] ?? '';
    if (char === '%') {
      const next = pattern[++i] ?? '%';
      const known = CLASSES[next];
      if (known === undefined) source += `\\${next}`;
      else source += inSet ? known : `[${known}]`;
    } else if (char === '-' && !inSet) {
      source += '*?';
    } else {
      if (char === '[') inSet = true;
      if (char === ']') inSet = false;
      source += '{}|()/\\'.includes(char) && !'()'.includes(char) ? `\\${char}` : char;
    }
  }
  return new RegExp(source, 's');
};
