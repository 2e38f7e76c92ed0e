import { isMap, isNode, isScalar, LineCounter, parseAllDocuments, type Document, type Node } from 'yaml';
import { RULE_LIMITS } from '../rule-limits.ts';
import type { RuleProblem } from './problem.ts';

export type YamlPath = readonly (string | number)[];

/** What a problem says besides where it is. */
export type ProblemText = Pick<RuleProblem, 'message' | 'found' | 'allowed' | 'didYouMean'>;

/** One document of a file: its plain value, and where each part of it stands. */
export class YamlSource {
  readonly problems: RuleProblem[] = [];

  constructor(
    readonly file: string,
    readonly value: unknown,
    private readonly document: Document,
    private readonly lines: LineCounter,
  ) {}

  /** Line on which the document begins. */
  get line(): number {
    return this.#position(this.document.contents).line;
  }

  /** `key`: the problem is with the name of that path's last part, not with its value. */
  report(path: YamlPath, text: ProblemText, at: 'value' | 'key' = 'value'): void {
    const { line, column } = this.#position(at === 'key' ? this.#key(path) : this.#node(path));
    this.problems.push({ file: this.file, line, column, path: pathText(path), ...text });
  }

  /** The node of the path, or the nearest one around it that is there. */
  #node(path: YamlPath): unknown {
    for (let length = path.length; length > 0; length--) {
      const node = this.document.getIn(path.slice(0, length), true);
      if (isNode(node)) return node;
    }
    return this.document.contents;
  }

  #key(path: YamlPath): unknown {
    const parent = this.#node(path.slice(0, -1));
    const name = path.at(-1);
    if (!isMap(parent)) return parent;
    return parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(name))?.key ?? parent;
  }

  #position(node: unknown): { line: number; column: number } {
    const offset = isNode(node) ? ((node as Node).range?.[0] ?? 0) : 0;
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

const pathText = (path: YamlPath): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );

/** The documents of a file. Where the text is no YAML there are problems instead. */
export const readYaml = (file: string, text: string): { sources: YamlSource[]; problems: RuleProblem[] } => {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const sources: YamlSource[] = [];
  const problems: RuleProblem[] = [];
  if (!Array.isArray(documents)) return { sources, problems };
  if (documents.length > RULE_LIMITS.documentsPerFile) {
    const message = `the file has ${documents.length} documents`;
    return {
      sources,
      problems: [{ file, line: 1, column: 1, path: '', message, allowed: `at most ${RULE_LIMITS.documentsPerFile}` }],
    };
  }
  for (const document of documents) {
    for (const error of document.errors) {
      const { line, col } = lines.linePos(error.pos[0]);
      problems.push({ file, line: Math.max(1, line), column: Math.max(1, col), path: '', message: error.message });
    }
    if (document.errors.length > 0) continue;
    const value = plainValue(document);
    if (value.kind === 'error')
      problems.push({ file, line: 1, column: 1, path: '', message: value.message, allowed: 'at most 50 aliases' });
    else if (value.value !== null && value.value !== undefined)
      sources.push(new YamlSource(file, value.value, document, lines));
  }
  return { sources, problems };
};

/** Aliases are bounded: a few of them can stand for gigabytes. */
const plainValue = (document: Document): { kind: 'value'; value: unknown } | { kind: 'error'; message: string } => {
  try {
    return { kind: 'value', value: document.toJS({ maxAliasCount: 50 }) };
  } catch (error) {
    return { kind: 'error', message: error instanceof Error ? error.message : String(error) };
  }
};
