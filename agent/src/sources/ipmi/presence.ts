import { createSocket } from 'node:dgram';
import type { Clock } from '../../clock.ts';
import { type NetworkPlace, placeIn } from '../support/place.ts';

export const IPMI_PORT = 623;

/** Without a session: a BMC answers at once or not at all. */
const WAIT_MS = 1_500;

/** ASF presence ping in an RMCP packet (IPMI v2.0 section 13.2.3). */
const ping = Buffer.from([0x06, 0x00, 0xff, 0x06, 0x00, 0x00, 0x11, 0xbe, 0x80, 0x01, 0x00, 0x00]);

/** Of the answer (section 13.2.4): its type, and the octet whose highest bit says that IPMI is spoken. */
const pong = { type: 8, isPong: 0x40, entities: 20, ipmi: 0x80 } as const;

/** Those of the addresses (`host` or `host:port`) at which a BMC says that it speaks IPMI. Never throws. */
export async function findBmcs(addresses: readonly string[], clock: Clock, signal: AbortSignal): Promise<string[]> {
  const found = new Set<string>();
  await Promise.all(
    addresses.map(async (address) => {
      if (await answers(placeIn(address, IPMI_PORT), clock, signal)) found.add(address);
    }),
  );
  return addresses.filter((address) => found.has(address));
}

async function answers(to: NetworkPlace, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const socket = createSocket(to.host.includes(':') ? 'udp6' : 'udp4');
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  let isBmc = false;
  socket.on('message', (packet) => {
    isBmc = packet[pong.type] === pong.isPong && ((packet[pong.entities] ?? 0) & pong.ipmi) !== 0;
    over.abort();
  });
  socket.on('error', () => over.abort());
  socket.send(ping, to.port, to.host, (error) => {
    if (error !== null) over.abort();
  });
  await clock.sleep(WAIT_MS, stop);
  socket.close();
  return isBmc;
}
