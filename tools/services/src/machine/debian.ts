import { existsSync } from 'node:fs';
import { MissingEngineError } from './missing-engine.error.ts';
import { run } from './run.ts';

const APT_MS = 300_000;

export const isDebian = (): boolean => existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');
export const isDebianRoot = (): boolean => isDebian() && process.getuid?.() === 0;

export const APT_ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DEBIAN_FRONTEND: 'noninteractive' };

/** Installs packages of the distribution; the lists are brought up to date only when that is what it takes. */
export const installDebian = async (packages: readonly string[]): Promise<void> => {
  await withFreshLists(() => apt(['install', '-y', '--no-install-recommends', ...packages]));
};

/** Runs `attempt`, and once more after `apt-get update` (as root) when it fails: the lists may be old or absent. */
export const withFreshLists = async (attempt: () => Promise<{ code: number; text: string }>): Promise<void> => {
  const first = await attempt();
  if (first.code === 0) return;
  if (process.getuid?.() === 0) await apt(['update']);
  const second = await attempt();
  if (second.code !== 0) throw new MissingEngineError(`apt-get failed: ${errorsIn(second.text)}`);
};

export const apt = (args: readonly string[], cwd = '/'): Promise<{ code: number; text: string }> =>
  run('apt-get', ['-q', ...args], APT_MS, { cwd, env: { ...process.env, ...APT_ENVIRONMENT } });

/** apt marks its errors; without any, the end of what it said. */
const errorsIn = (text: string): string => {
  const lines = text.trim().split('\n');
  const errors = lines.filter((line) => line.startsWith('E: '));
  return (errors.length > 0 ? errors : lines.slice(-3)).join('; ').slice(0, 600);
};
