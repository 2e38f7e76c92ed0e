import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@outrider/testing/eventually';
import { TypescriptChild } from '@outrider/testing/process/typescript-child';
import { checkServices } from './check-services.ts';
import { SERVICE_NAMES } from './service.ts';
import { startServices, type Services } from './start-services.ts';

const LIMIT_MS = 90_000;
const MAIN = new URL('./main.ts', import.meta.url);

describe('all services together', () => {
  let services: Services | undefined;
  const folders: string[] = [];
  afterEach(async () => {
    await services?.stop();
    services = undefined;
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  const newFolder = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'outrider-all-'));
    folders.push(folder);
    return folder;
  };

  it('can be had on this machine', async () => {
    const verdicts = await checkServices();
    expect(verdicts.map(({ name }) => name)).toEqual(SERVICE_NAMES);
    expect(verdicts.filter(({ available }) => !available)).toEqual([]);
  });

  it('give the settings that Outrider reads, and leave no folder behind', async () => {
    services = await startServices();
    expect(Object.keys(services.environment).sort()).toEqual([
      'BUS_URL',
      'CLICKHOUSE_URL',
      'DATABASE_URL',
      'REDIS_URL',
    ]);
    const dirs = services.all.map(({ dir }) => dir);
    await services.stop();
    expect(dirs.filter((dir) => existsSync(dir))).toEqual([]);
  });

  it('keep their addresses and passwords in a folder of the caller, which a second run on it cannot take meanwhile', async () => {
    const dir = newFolder();
    services = await startServices({ dir, only: ['redis', 'postgres'] });
    const { environment } = services;
    await expect(startServices({ dir, only: ['redis'] })).rejects.toThrow(/is it running already/);
    await services.stop();
    services = await startServices({ dir, only: ['redis', 'postgres'] });
    expect(services.environment).toEqual(environment);
  });

  it('end, every process of them, when the command that started them is killed -9', async () => {
    const dir = newFolder();
    const command = new TypescriptChild(MAIN, ['--dir', dir, '--demand']);
    await eventually(() => {
      if (!command.running) throw new Error(command.errors);
      return command.lines.length === SERVICE_NAMES.length;
    }, LIMIT_MS);
    expect(command.lines.every((line) => /^export [A-Z_]+='[^']+'$/.test(line))).toBe(true);
    expect(processesIn(dir).length).toBeGreaterThan(2 * SERVICE_NAMES.length); // engine and guard, and PostgreSQL's helpers
    await command.kill();
    await eventually(() => processesIn(dir).length === 0, LIMIT_MS);
  });
});

/** The processes that were started with, or run in, a folder; PostgreSQL's helpers show the folder by where they run alone. */
const processesIn = (dir: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((pid) => {
      try {
        if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(dir)) return true;
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(dir);
      } catch {
        return false; // it has ended
      }
    });
