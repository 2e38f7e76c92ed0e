// A process of its own, so that the sender's work is not charged to what is measured: node sender.js PORT FILE CONNECTIONS
import { createReadStream } from 'node:fs';
import { createConnection } from 'node:net';
import { once } from 'node:events';

const [port, file] = process.argv.slice(2);
const socket = createConnection(Number(port), '127.0.0.1');
await once(socket, 'connect');
createReadStream(file ?? '', { highWaterMark: 1 << 18 }).pipe(socket);
await once(socket, 'close');
