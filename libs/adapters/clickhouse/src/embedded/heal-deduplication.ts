import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LOGS = 'deduplication_logs';
const ADDED = '1';

/**
 * ClickHouse notes a block's token in the table's deduplication log just before it makes the block's part visible. A process that is
 * killed between the two has noted a block that it never stored, and would take its second sending for a duplicate: the block
 * would be lost. So, before the engine opens a folder, notes whose part is not there are struck out. (A note of a part that was dropped
 * for age goes too, which is harmless.) Returns how many were struck out. Not for a folder that is in use.
 */
export const healDeduplication = (dir: string): number => {
  let healed = 0;
  for (const table of tableDirs(dir)) {
    const parts = partsIn(table);
    for (const log of readdirSync(join(table, LOGS)))
      if (log.endsWith('.txt')) healed += healLog(join(table, LOGS, log), parts);
  }
  return healed;
};

/** `store/<first three digits>/<uuid of the table>`. */
const tableDirs = (dir: string): string[] => {
  const store = join(dir, 'store');
  if (!existsSync(store)) return [];
  return readdirSync(store).flatMap((group) =>
    readdirSync(join(store, group))
      .map((uuid) => join(store, group, uuid))
      .filter((table) => existsSync(join(table, LOGS))),
  );
};

/** Block numbers that a part holds: `<partition>_<min block>_<max block>_<level>[_<mutation>]`. */
interface Part {
  readonly partition: string;
  readonly min: number;
  readonly max: number;
}

const PART = /^([^_]+)_(\d+)_(\d+)_\d+(?:_\d+)?$/;

const partOf = (name: string): Part | undefined => {
  const match = PART.exec(name);
  return match?.[1] === undefined ? undefined : { partition: match[1], min: Number(match[2]), max: Number(match[3]) };
};

const partsIn = (table: string): Map<string, Part[]> => {
  const parts = new Map<string, Part[]>();
  for (const name of readdirSync(table)) {
    const part = partOf(name);
    if (!part) continue;
    const others = parts.get(part.partition);
    if (others) others.push(part);
    else parts.set(part.partition, [part]);
  }
  return parts;
};

/** Lines: operation, part, block id, separated by tabs. What is not understood stays. */
const healLog = (file: string, parts: ReadonlyMap<string, readonly Part[]>): number => {
  const lines = readFileSync(file, 'utf8').split('\n');
  const kept = lines.filter((line) => {
    const [operation, name = ''] = line.split('\t');
    const part = operation === ADDED ? partOf(name) : undefined;
    return !part || (parts.get(part.partition) ?? []).some((p) => p.min <= part.min && part.max <= p.max);
  });
  if (kept.length === lines.length) return 0;
  const next = `${file}.next`;
  writeFileSync(next, kept.join('\n'));
  renameSync(next, file);
  return lines.length - kept.length;
};
