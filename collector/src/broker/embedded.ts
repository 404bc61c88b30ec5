import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Logger } from '@wattmark/shared/logger';
import { limits } from '@wattmark/shared/messages';
import { Aedes, type AedesPublishPacket } from 'aedes';
import type { Link, Receive } from './link.ts';
import { guardPacketSize } from './packet-guard.ts';

/** Largest packet read from a client: a message of the contract, its topic and some room. */
const MAX_PACKET_BYTES = limits.payloadBytes + 65_536;

export interface EmbeddedOptions {
  readonly host: string;
  readonly port: number;
  /** Topic filters of the collector's own subscriptions. */
  readonly filters: readonly string[];
  readonly log: Logger;
}

/** An MQTT 3.1.1 broker inside the collector's process, for sites that have none. Its sessions do not outlive the process. */
export async function openEmbeddedBroker(options: EmbeddedOptions, receive: Receive): Promise<Link & { port: number }> {
  const { log } = options;
  const broker = await Aedes.createBroker({ concurrency: 1000 });
  broker.on('clientError', (client, error) => log.debug({ client: client.id, error: error.message }, 'client error'));
  broker.on('connectionError', (_client, error) => log.debug({ error: error.message }, 'connection error'));
  const deliver = (packet: AedesPublishPacket, done: () => void): void => {
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const held = receive({ topic: packet.topic, payload, retained: false });
    if (held === undefined) done();
    else void held.then(done);
  };
  for (const filter of options.filters) {
    await new Promise<void>((resolve) => broker.subscribe(filter, deliver, resolve));
  }
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once('close', () => sockets.delete(socket));
    guardPacketSize(socket, MAX_PACKET_BYTES, () => log.warn({ from: socket.remoteAddress }, 'packet too large'));
    broker.handle(socket);
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    problem: null,
    publish(topic, payload, { retain }) {
      broker.publish({ cmd: 'publish', topic, payload, qos: 1, retain, dup: false }, () => {});
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
