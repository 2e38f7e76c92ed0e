import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { FIRST_PORT, freePorts, isFree, LAST_PORT } from './free-port.ts';

describe('a free port', () => {
  it('lies below those of outgoing connections, and is given out once', async () => {
    const ports = (await Promise.all([freePorts(20), freePorts(20)])).flat();
    expect(new Set(ports).size).toBe(40);
    for (const port of ports) {
      expect(port).toBeGreaterThanOrEqual(FIRST_PORT);
      expect(port).toBeLessThanOrEqual(LAST_PORT);
    }
  });

  it.each(['127.0.0.1', '0.0.0.0'])('is not one that somebody listens to on %s', async (host) => {
    const server = createServer().listen({ port: 0, host, exclusive: true });
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    expect(await isFree(port)).toBe(false);
    server.close();
    await once(server, 'close');
    expect(await isFree(port)).toBe(true);
  });
});
