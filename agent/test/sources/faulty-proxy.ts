import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What becomes of answers: passed, swallowed, replaced by garbage, held back so many ms, or changed. */
export type Behaviour = 'well' | 'silent' | 'garbage' | number | ((data: Buffer) => Buffer);

/** Stands between a source and a real device. */
export interface FaultyProxy {
  readonly port: number;
  behaviour: Behaviour;
  /** TCP connections that the source holds open. */
  readonly connections: () => number;
  close(): Promise<void>;
}

const GARBAGE = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n');

function treat(behaviour: Behaviour, data: Buffer, send: (data: Buffer) => void): void {
  if (behaviour === 'well') send(data);
  else if (behaviour === 'garbage') send(GARBAGE);
  else if (typeof behaviour === 'function') send(behaviour(data));
  else if (typeof behaviour === 'number') setTimeout(() => send(data), behaviour).unref();
}

export async function createTcpProxy(target: () => number): Promise<FaultyProxy> {
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    const device = connect({ port: target(), host: '127.0.0.1', noDelay: true });
    client.on('data', (data: Buffer) => device.writable && device.write(data));
    device.on('data', (data: Buffer) =>
      treat(proxy.behaviour, data, (treated) => client.writable && client.write(treated)),
    );
    for (const [socket, other] of [[client, device] as const, [device, client] as const]) {
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
    }
    client.on('close', () => clients.delete(client));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: FaultyProxy = {
    port: (server.address() as AddressInfo).port,
    behaviour: 'well',
    connections: () => clients.size,
    async close() {
      for (const client of clients) client.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}

export async function createUdpProxy(target: () => number): Promise<FaultyProxy> {
  const front = createSocket('udp4');
  const back = createSocket('udp4');
  let client: RemoteInfo | null = null;
  front.on('message', (data, from) => {
    client = from;
    back.send(data, target(), '127.0.0.1');
  });
  back.on('message', (data) =>
    treat(proxy.behaviour, data, (treated) => {
      if (client !== null) front.send(treated, client.port, client.address);
    }),
  );
  front.bind(0, '127.0.0.1');
  await once(front, 'listening');
  const proxy: FaultyProxy = {
    port: front.address().port,
    behaviour: 'well',
    connections: () => 0,
    async close() {
      front.close();
      back.close();
    },
  };
  return proxy;
}
