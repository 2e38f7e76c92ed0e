/** Lines of at most so many characters. */
const WIDTH = 140;

/** One paragraph, broken at spaces. */
export const paragraph = (text: string, indent = ''): string => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.trim().split(/\s+/)) {
    if (line !== '' && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${indent}`);
};

export const bullets = (items: readonly string[]): string =>
  items.map((item) => `- ${paragraph(item, '  ')}`).join('\n');

/** A pipe would end a cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

/** Blocks with a blank line between; empty ones are left out. */
export const blocks = (...parts: readonly (string | undefined)[]): string =>
  `${parts.filter((part) => part !== undefined && part !== '').join('\n\n')}\n`;

export const section = (title: string, body: string): string | undefined =>
  body === '' ? undefined : `## ${title}\n\n${body}`;

/** `API2:2023` and ATT&CK ids as links. */
export const owaspLink = (id: string): string => {
  const name = OWASP[id];
  return name === undefined ? id : `[${id}](https://owasp.org/API-Security/editions/2023/en/0x${name}/)`;
};

const OWASP: Readonly<Record<string, string>> = {
  'API1:2023': 'a1-broken-object-level-authorization',
  'API2:2023': 'a2-broken-authentication',
  'API3:2023': 'a3-broken-object-property-level-authorization',
  'API4:2023': 'a4-unrestricted-resource-consumption',
  'API5:2023': 'a5-broken-function-level-authorization',
  'API6:2023': 'a6-unrestricted-access-to-sensitive-business-flows',
  'API7:2023': 'a7-server-side-request-forgery',
  'API8:2023': 'a8-security-misconfiguration',
  'API9:2023': 'a9-improper-inventory-management',
  'API10:2023': 'aa-unsafe-consumption-of-apis',
};

export const attackLink = (id: string): string =>
  /^T\d{4}(?:\.\d{3})?$/.test(id) ? `[${id}](https://attack.mitre.org/techniques/${id.replace('.', '/')}/)` : id;

export const mapping = (owasp: readonly string[], attack: readonly string[]): string =>
  [
    owasp.length === 0 ? '' : `OWASP ${owasp.map(owaspLink).join(', ')}`,
    attack.length === 0 ? '' : `ATT&CK ${attack.map(attackLink).join(', ')}`,
  ]
    .filter((part) => part !== '')
    .join('; ');
