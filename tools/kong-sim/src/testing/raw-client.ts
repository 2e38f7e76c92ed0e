import { connect } from 'node:net';

/** Sends bytes (one per character) to a port of this machine and returns what came back until the end. */
export const exchangeBytes = (port: number, bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(bytes, 'latin1')));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('close', () => resolve(answer));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? resolve(answer) : reject(error),
    );
  });

/** Sends bytes and breaks the connection once `when` has resolved. */
export const abandonBytes = async (port: number, bytes: string, when: Promise<void>): Promise<void> => {
  const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(bytes, 'latin1')));
  await when;
  socket.destroy();
};
