import { readFileSync } from 'node:fs';

/** Peak resident memory of the process (VmHWM); MB. */
export const peakMemoryMb = (pid: number | undefined): number => {
  const text = readFileSync(`/proc/${pid ?? 'self'}/status`, 'utf8');
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1024);
};

/** User and system time of all threads so far. Linux counts it in hundredths of a second. */
export const cpuSeconds = (pid: number | undefined): number => {
  const text = readFileSync(`/proc/${pid ?? 'self'}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};
