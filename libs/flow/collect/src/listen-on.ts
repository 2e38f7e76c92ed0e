import type { AddressInfo, Server } from 'node:net';
import { CallerError } from '@outrider/platform/errors';

/** Connections that wait to be accepted. */
const BACKLOG = 1_024;

/**
 * Opens a port (0: any free one) and resolves with its number; rejects with CallerError when it cannot be had.
 * Later errors of the server (a connection that could not be accepted, no file descriptors left) go to `onError` and end nothing.
 */
export const listenOn = (
  server: Server,
  host: string,
  port: number,
  onError: (error: Error) => void,
): Promise<number> =>
  new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => {
      const reason = error.code ?? error.message;
      reject(new CallerError(`cannot listen on ${host}:${port} (${reason})`, 'cannot-listen', 409, { cause: error }));
    };
    server.once('error', refuse);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', refuse);
      server.on('error', onError);
      resolve(portOf(server));
    });
  });

/** Guarantee of the cast: a server that listens on a host and port has an AddressInfo. */
const portOf = (server: Server): number => (server.address() as AddressInfo).port;
