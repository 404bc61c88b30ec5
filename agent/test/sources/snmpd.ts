import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { type Running, start } from './process.ts';

/** Net-SNMP's agent, with users, that says it is a UPS of 1180 W. */
export interface Snmpd {
  readonly port: number;
  /** Takes it away and starts it again; after a reset it counts its boots anew, and another device has another id too. */
  restart(as: 'itself' | 'reset' | 'another'): Promise<void>;
}

const WATTS = 'override .1.3.6.1.2.1.33.1.4.4.1.4.1 integer 1180';

/** @param users as in `createUser`: `name SHA-256 password AES password` */
export async function startSnmpd(t: Test, users: readonly string[]): Promise<Snmpd | null> {
  const program = requireProgram(t, 'snmpd');
  if (program === null) return null;
  const port = await freePort('udp');
  const directory = await mkdtemp(join(tmpdir(), 'snmpd-'));
  const config = join(directory, 'snmpd.conf');
  const state = join(directory, 'state');
  await writeFile(config, configFor(port, state, users));
  let engines = 0;
  let running: Running | null = null;
  const restart: Snmpd['restart'] = async (as) => {
    await running?.stop();
    if (as !== 'itself') await rm(state, { recursive: true, force: true });
    if (as === 'another') engines += 1;
    const own = ['-f', '-Le', '-c', config, '-p', join(directory, 'pid'), '-M', '', `--engineID=device-${engines}`];
    // With no other place to look for configurations than an empty one, it still remembers its boots.
    running = await start('/usr/bin/env', [`SNMPCONFPATH=${state}`, program, ...own], /^NET-SNMP version/);
  };
  t.teardown(async () => {
    await running?.stop();
    await rm(directory, { recursive: true });
  });
  await restart('another');
  return { port, restart };
}

function configFor(port: number, state: string, users: readonly string[]): string {
  const rights = users.map((user) => `rouser ${user.split(' ')[0]} noauth`);
  const lines = [
    `agentAddress udp:127.0.0.1:${port}`,
    'rocommunity public 127.0.0.1',
    `[snmp] persistentDir ${state}`,
    ...users.map((user) => `createUser ${user}`),
    ...rights,
    WATTS,
  ];
  return `${lines.join('\n')}\n`;
}
