import { watch, type FSWatcher } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuleProblem } from './file/problem.ts';
import { readRuleFile } from './file/rule-file.ts';
import { RULE_LIMITS } from './rule-limits.ts';
import type { Rule } from './rule.ts';

export interface LoadedRules {
  /** Of all files; of a broken file those of its last good version. In order of the files' names. */
  readonly rules: readonly Rule[];
  readonly problems: readonly RuleProblem[];
  readonly files: readonly LoadedFile[];
}

export interface LoadedFile {
  readonly file: string;
  readonly rules: number;
  /** `kept`: it has problems, and its last good version stays in force; `refused`: it has problems and never was good. */
  readonly state: 'good' | 'kept' | 'refused';
}

export interface RuleFolderOptions {
  readonly dir: string;
  /** Called at start and on every change of what is read, never twice at once. */
  readonly onChange: (loaded: LoadedRules) => void;
  /** Ms; mounted volumes tell of no change. Default 5,000. */
  readonly pollMs?: number;
}

interface KnownFile {
  readonly stamp: string;
  readonly good: readonly Rule[] | undefined;
  readonly problems: readonly RuleProblem[];
}

const POLL_MS = 5_000;
/** A file that is being written changes several times in a row. */
const SETTLE_MS = 100;
const MAX_DEPTH = 4;
const RULE_FILE = /^[^.].*\.ya?ml$/i;

/** Watches a folder of rule files. A broken file costs only itself: what it said last stays in force. */
export class RuleFolder {
  readonly #known = new Map<string, KnownFile>();
  #loaded: LoadedRules = { rules: [], problems: [], files: [] };
  #watcher: FSWatcher | undefined;
  #poll: NodeJS.Timeout | undefined;
  #settle: NodeJS.Timeout | undefined;
  #checking: Promise<void> | undefined;
  #told = '';

  constructor(private readonly options: RuleFolderOptions) {}

  get loaded(): LoadedRules {
    return this.#loaded;
  }

  /** Reads the folder once. Files are named relative to it. */
  static async read(dir: string): Promise<LoadedRules> {
    const folder = new RuleFolder({ dir, onChange: () => undefined });
    await folder.check();
    return folder.loaded;
  }

  async start(): Promise<void> {
    await this.check();
    const soon = (): void => {
      clearTimeout(this.#settle);
      this.#settle = setTimeout(() => void this.check(), SETTLE_MS);
      this.#settle.unref();
    };
    try {
      this.#watcher = watch(this.options.dir, { recursive: true }, soon);
      // The poll goes on where watching does not.
      this.#watcher.on('error', () => this.#watcher?.close());
      this.#watcher.unref();
    } catch {
      this.#watcher = undefined;
    }
    this.#poll = setInterval(() => void this.check(), this.options.pollMs ?? POLL_MS);
    this.#poll.unref();
  }

  async stop(): Promise<void> {
    this.#watcher?.close();
    clearInterval(this.#poll);
    clearTimeout(this.#settle);
    await this.#checking;
  }

  /** Looks for changes now. Never rejects: what cannot be read is a problem that is told. */
  check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => (this.#checking = undefined));
    return this.#checking;
  }

  async #check(): Promise<void> {
    const problems: RuleProblem[] = [];
    const files = await rulesFilesIn(this.options.dir, problems);
    const present = new Set(files);
    for (const file of this.#known.keys()) if (!present.has(file)) this.#known.delete(file);
    for (const file of files) await this.#readIfChanged(file);
    const loaded = this.#gather(files, problems);
    const text = JSON.stringify([loaded.rules, loaded.problems, loaded.files]);
    if (text === this.#told) return;
    this.#told = text;
    this.#loaded = loaded;
    this.options.onChange(loaded);
  }

  async #readIfChanged(file: string): Promise<void> {
    const known = this.#known.get(file);
    const path = join(this.options.dir, file);
    try {
      const { mtimeMs, size, ino } = await stat(path);
      const stamp = `${mtimeMs} ${size} ${ino}`;
      if (known?.stamp === stamp) return;
      const { rules, problems } =
        size > RULE_LIMITS.fileBytes
          ? { rules: [], problems: [problem(file, 'the file is too big', `${RULE_LIMITS.fileBytes} bytes`)] }
          : readRuleFile(file, await readFile(path, 'utf8'));
      this.#known.set(file, { stamp, good: problems.length === 0 ? rules : known?.good, problems });
    } catch (error) {
      this.#known.set(file, {
        stamp: '',
        good: known?.good,
        problems: [problem(file, `cannot be read: ${textOf(error)}`)],
      });
    }
  }

  #gather(files: readonly string[], problems: RuleProblem[]): LoadedRules {
    const rules: Rule[] = [];
    const owner = new Map<string, string>();
    const states: LoadedFile[] = [];
    for (const file of files) {
      const known = this.#known.get(file);
      if (!known) continue;
      problems.push(...known.problems);
      let count = 0;
      for (const rule of known.good ?? []) {
        const other = owner.get(rule.id);
        if (other !== undefined)
          problems.push({
            ...problem(file, `has a rule with an id that ${other} has as well`),
            found: `"${rule.id}"`,
            line: rule.origin.line,
          });
        else if (rules.length >= RULE_LIMITS.rules)
          problems.push(problem(file, `rule ${rule.id} is one too many`, `${RULE_LIMITS.rules} rules`));
        else {
          owner.set(rule.id, file);
          rules.push(rule);
          count++;
        }
      }
      const state = known.problems.length === 0 ? 'good' : known.good ? 'kept' : 'refused';
      states.push({ file, rules: count, state });
    }
    return { rules, problems: problems.slice(0, MAX_PROBLEMS), files: states };
  }
}

const MAX_PROBLEMS = 1_000;

const problem = (file: string, message: string, allowed?: string): RuleProblem => ({
  file,
  line: 1,
  column: 1,
  path: '',
  message,
  ...(allowed === undefined ? {} : { allowed }),
});

/** Names relative to the folder, in order. */
const rulesFilesIn = async (dir: string, problems: RuleProblem[]): Promise<readonly string[]> => {
  const found: string[] = [];
  const visit = async (below: string, depth: number): Promise<void> => {
    for (const entry of await readdir(join(dir, below), { withFileTypes: true })) {
      const name = join(below, entry.name);
      if (entry.name.startsWith('.') || found.length > RULE_LIMITS.files) continue;
      if (entry.isDirectory()) {
        if (depth < MAX_DEPTH) await visit(name, depth + 1);
      } else if (RULE_FILE.test(entry.name)) found.push(name);
    }
  };
  try {
    await visit('', 0);
  } catch (error) {
    problems.push(problem('', `the folder cannot be read: ${textOf(error)}`));
  }
  if (found.length > RULE_LIMITS.files)
    problems.push(problem('', 'the folder has too many files', `${RULE_LIMITS.files} files`));
  return found.sort().slice(0, RULE_LIMITS.files);
};

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
