import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../machine/free-port.ts';
import { remember } from './remembered.ts';

describe('a folder that is used again', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'outrider-remembered-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const fresh = async () => ({ ports: [await freePort(), await freePort()], password: `p${Math.random()}` });

  it('keeps its ports and its password, readable by its owner alone', async () => {
    const first = await remember(dir, undefined, fresh);
    expect(await remember(dir, undefined, fresh)).toEqual(first);
    expect(statSync(join(dir, 'service.json')).mode & 0o777).toBe(0o600);
  });

  it('moves to the port that is asked for, and stays there', async () => {
    const first = await remember(dir, undefined, fresh);
    const port = await freePort();
    const moved = await remember(dir, port, fresh);
    expect(moved).toEqual({ ...first, ports: [port, first.ports[1]] });
    expect(await remember(dir, undefined, fresh)).toEqual(moved);
  });

  it('is refused while somebody serves it: two servers on one folder destroy its data', async () => {
    const { ports } = await remember(dir, undefined, fresh);
    const server = createServer().listen(ports[1], '127.0.0.1');
    await once(server, 'listening');
    await expect(remember(dir, undefined, fresh)).rejects.toThrow(/is it running already/);
    await expect(remember(dir, await freePort(), fresh)).rejects.toThrow(/is it running already/);
    server.close();
  });
});
