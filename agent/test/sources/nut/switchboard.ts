import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A place at which one server after another answers, as if each had taken the place of the one before. */
export interface Switchboard {
  readonly port: number;
  /** Ends all connections, and returns when they have ended; new ones lead to that port. */
  leadTo(port: number): Promise<void>;
  close(): void;
}

export async function createSwitchboard(first: number): Promise<Switchboard> {
  const sockets = new Set<Socket>();
  let target = first;
  const server = createServer((client) => {
    const device = connect({ port: target, host: '127.0.0.1', noDelay: true });
    for (const [from, to] of [[client, device] as const, [device, client] as const]) {
      sockets.add(from);
      const part = () => {
        from.destroy();
        to.destroy();
      };
      from
        .on('error', part)
        .on('end', part)
        .on('close', () => sockets.delete(from));
      from.on('data', (data: Buffer) => to.write(data));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    async leadTo(port) {
      target = port;
      const ends = [...sockets].map((socket) => once(socket, 'close'));
      hangUp();
      await Promise.all(ends);
    },
    close() {
      hangUp();
      server.close();
    },
  };
}
