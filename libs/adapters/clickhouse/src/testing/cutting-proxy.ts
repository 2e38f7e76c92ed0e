import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP hop in front of a server that cuts connections when told. For specs. */
export class CuttingProxy {
  /** Cut a connection once so many bytes have gone to the server; undefined = never. */
  cutAfterBytes: number | undefined;
  /** Cut a connection when the server begins to answer, before a byte of the answer is passed on. */
  cutAnswers = false;
  cuts = 0;
  readonly #sockets = new Set<Socket>();

  static async start(targetPort: number): Promise<CuttingProxy> {
    const server = createServer();
    const proxy = new CuttingProxy(server);
    server.on('connection', (socket) => proxy.#carry(socket, targetPort));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  private constructor(private readonly server: Server) {}

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #carry(client: Socket, port: number): void {
    const server = connect(port, '127.0.0.1');
    let sent = 0;
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', end).on('close', () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    client.on('data', (data: Buffer) => {
      sent += data.length;
      if (this.cutAfterBytes !== undefined && sent > this.cutAfterBytes) {
        this.cuts++;
        end();
      } else server.write(data);
    });
    server.on('data', (data: Buffer) => {
      if (!this.cutAnswers) return void client.write(data);
      this.cuts++;
      end();
    });
  }
}
