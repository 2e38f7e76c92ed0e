import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** `pid` and every process below it, parents first. */
export const processTree = (pid: number): number[] => {
  const children = new Map<number, number[]>();
  for (const [child, parent] of parents()) children.set(parent, [...(children.get(parent) ?? []), child]);
  const tree = [pid];
  for (const member of tree) tree.push(...(children.get(member) ?? []));
  return tree;
};

/** Pairs of process and parent. */
const parents = (): [number, number][] => (process.platform === 'linux' ? fromProc() : fromPs());

const fromProc = (): [number, number][] => {
  const pairs: [number, number][] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // "pid (name) state ppid …"; the name may hold spaces and parentheses
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      pairs.push([Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])]);
    } catch {
      continue; // it ended meanwhile
    }
  }
  return pairs;
};

const fromPs = (): [number, number][] =>
  execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, parent]): [number, number][] => (pid && parent !== undefined ? [[pid, parent]] : []));
