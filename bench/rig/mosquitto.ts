import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../shared/test/free-port.ts';
import { findProgram } from '../../shared/test/program.ts';
import type { Child } from './child.ts';
import type { Room } from './room.ts';

const READY_WITHIN_MS = 10_000;

/**
 * Without `set_tcp_nodelay` every acknowledgement waits for the next segment, up to 40 ms. The default queue of 1,000 messages
 * for each client drops what comes beyond it; agents would send that again, but then the broker's limit would be measured.
 * Nothing is kept on the broker's disk: what agents were not acknowledged they still have.
 */
const configuration = (port: number): string => `listener ${port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
max_inflight_messages 0
max_queued_messages 0
persistence false
log_type error
`;

export interface Broker {
  readonly child: Child;
  readonly url: string;
}

/** Starts mosquitto and waits until it takes connections. */
export async function startMosquitto(room: Room): Promise<Broker> {
  const program = findProgram('mosquitto');
  if (program === null) throw new Error('mosquitto is not installed (Debian: apt-get install mosquitto)');
  const port = await freePort();
  const file = room.path(`mosquitto-${port}.conf`);
  writeFileSync(file, configuration(port));
  const child = room.start(program, ['-c', file]);
  await untilOpen(port);
  return { child, url: `mqtt://127.0.0.1:${port}` };
}

async function untilOpen(port: number): Promise<void> {
  const endMs = performance.now() + READY_WITHIN_MS;
  while (!(await isOpen(port))) {
    if (performance.now() > endMs) throw new Error(`nothing listens on port ${port}`);
    await sleep(20);
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
