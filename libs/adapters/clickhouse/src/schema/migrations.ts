import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

/** Found the same from src and from dist: the SQL lies beside both. */
const MIGRATIONS = new URL('../../migrations/', import.meta.url);
const FILE = /^(\d{4})_[a-z0-9_]+\.sql$/;

export interface Migration {
  readonly version: number;
  readonly name: string;
  /** Of the file's text: the same for one server and for a cluster. */
  readonly checksum: string;
  /** With clauses in braces, for `renderStatement`. */
  readonly templates: readonly string[];
}

/** In order. */
export const readMigrations = (): readonly Migration[] =>
  readdirSync(MIGRATIONS)
    .filter((file) => FILE.test(file))
    .sort()
    .map((name) => {
      const text = readFileSync(new URL(name, MIGRATIONS), 'utf8');
      return {
        version: Number(name.slice(0, 4)),
        name,
        checksum: createHash('sha256').update(text).digest('hex'),
        templates: templatesOf(text),
      };
    });

/** Statements end with `;` at the end of a line; comments stand on lines of their own. */
const templatesOf = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('--'))
    .join('\n')
    .split(/;\s*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
