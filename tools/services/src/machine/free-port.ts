import { createServer } from 'node:net';

/**
 * Below the ports that Linux gives to outgoing connections (32768 up), so that nobody takes a service's port while it is being restarted.
 */
export const FIRST_PORT = 20_000;
export const LAST_PORT = 31_999;
const ATTEMPTS = 200;

/** Given out by this process: two services that start at once must not be given the same one before either listens. */
const given = new Set<number>();

/** `count` different ports of 127.0.0.1 that nobody listens on just now. */
export const freePorts = async (count: number): Promise<number[]> => {
  const found = new Set<number>();
  for (let attempt = 0; attempt < ATTEMPTS && found.size < count; attempt++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    found.add(port);
  }
  if (found.size < count) throw new Error(`no free port between ${FIRST_PORT} and ${LAST_PORT}`);
  return [...found];
};

export const freePort = async (): Promise<number> => {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error('no free port');
  return port;
};

/** Whether both 127.0.0.1 and every address are free: an engine may bind either. */
export const isFree = async (port: number): Promise<boolean> =>
  (await canListen(port, '127.0.0.1')) && (await canListen(port, '0.0.0.0'));

const canListen = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
