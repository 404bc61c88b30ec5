import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { freePort } from '../../../../shared/test/free-port.ts';
import { requireProgram } from '../../../../shared/test/program.ts';
import { scratch } from '../../support/scratch.ts';
import { type Running, start } from '../process.ts';

/** UPSs by name, each as a path of a `.dev` or `.seq` file, or as the text of a `.dev` file. */
export type Devices = Readonly<Record<string, string>>;

/** A real upsd with a real dummy-ups for each UPS. */
export interface NutServer {
  readonly port: number;
  /** Ends upsd and starts it with other UPSs, whose drivers run already where `prepare` was given them. */
  restartWith(devices: Devices): Promise<void>;
  /** Ends the driver of a UPS that is served now. */
  stopDriver(name: string): Promise<void>;
}

/** A set of UPSs, whose drivers and upsd meet in a directory of their own. */
interface Hall {
  readonly directory: string;
  readonly drivers: Map<string, Running>;
  /** Of each UPS the variable that its driver hands over last. */
  readonly last: ReadonlyMap<string, string>;
}

/**
 * @param config lines that are added to upsd.conf
 * @param later UPSs that `restartWith` will take: their drivers are started now
 */
export async function startNut(
  t: Test,
  devices: Devices,
  config = '',
  ...later: readonly Devices[]
): Promise<NutServer | null> {
  const upsd = requireProgram(t, '/lib/nut/upsd');
  const driver = requireProgram(t, '/lib/nut/dummy-ups');
  if (upsd === null || driver === null) return null;
  const port = await freePort();
  const root = scratch(t);
  const halls = new Map<Devices, Hall>();
  let running: Running | null = null;
  let hall: Hall = { directory: root, drivers: new Map(), last: new Map() };

  async function open(wanted: Devices): Promise<Hall> {
    const directory = await mkdtemp(join(root, 'hall-'));
    const sections = await Promise.all(Object.entries(wanted).map((entry) => section(directory, entry)));
    const user = userInfo().username;
    await writeFile(join(directory, 'ups.conf'), sections.join(''));
    await writeFile(join(directory, 'upsd.conf'), `LISTEN 127.0.0.1 ${port}\nMAXAGE 15\n${config}`);
    await writeFile(join(directory, 'upsd.users'), '[mon]\n  password = "a \\"good\\" one"\n  upsmon secondary\n');
    const drivers = new Map(
      await Promise.all(
        Object.keys(wanted).map(async (name): Promise<[string, Running]> => {
          const running = await start(
            '/usr/bin/env',
            at(directory, driver ?? '', '-a', name, '-u', user),
            /updateinfo/,
          );
          while (!existsSync(join(directory, `dummy-ups-${name}`))) await pause();
          return [name, running];
        }),
      ),
    );
    const opened = { directory, drivers, last: new Map(Object.entries(wanted).map(lastVariable)) };
    halls.set(wanted, opened);
    return opened;
  }

  async function serve(): Promise<void> {
    if (running !== null) await takeLeave(running);
    const args = at(hall.directory, upsd ?? '', '-u', userInfo().username);
    running = await start('/usr/bin/env', args, /listening on/);
    for (const [name, variable] of hall.last) await until(`LIST VAR ${name}`, port, ` ${variable} "`);
  }

  async function stop(): Promise<void> {
    await running?.stop();
    for (const { drivers } of halls.values()) for (const one of drivers.values()) await one.stop();
  }
  t.teardown(stop);
  await Promise.all([devices, ...later].map(open));
  hall = halls.get(devices) ?? hall;
  await serve();
  return {
    port,
    async restartWith(wanted) {
      hall = halls.get(wanted) ?? (await open(wanted));
      await serve();
    },
    async stopDriver(name) {
      await hall.drivers.get(name)?.stop();
    },
  };
}

/** Asks again and again, as upsd says what it has of a UPS while its driver is still handing it over. */
async function until(question: string, port: number, expected: string): Promise<void> {
  for (let told = ''; !told.includes(expected) || told.includes('ups.status "WAIT"'); ) {
    const socket = connect(port, '127.0.0.1');
    socket.end(`${question}\nLOGOUT\n`);
    told = '';
    try {
      for await (const chunk of socket) told += String(chunk);
    } catch {
      // Not listening yet.
    }
    await pause();
  }
}

/** Ends upsd so that it says good-bye: drivers of 2.8.0 spin on the connection of one that just goes. */
async function takeLeave(upsd: Running): Promise<void> {
  for (let signal: NodeJS.Signals | 0 = 'SIGTERM'; isThere(upsd.pid, signal); signal = 0) await pause();
  await upsd.stop();
}

function isThere(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Between two looks for what no event announces. */
async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
}

function lastVariable([name, device]: [string, string]): [string, string] {
  const names = device.startsWith('/') ? ['ups.status'] : device.split('\n').map((line) => line.split(':')[0] ?? '');
  return [name, names.sort().at(-1) ?? ''];
}

/** Neither program has an option for where its configuration is. */
function at(directory: string, program: string, ...args: readonly string[]): string[] {
  return [`NUT_CONFPATH=${directory}`, `NUT_STATEPATH=${directory}`, program, ...args, '-D'];
}

async function section(directory: string, [name, device]: [string, string]): Promise<string> {
  const isPath = device.startsWith('/');
  const file = isPath ? device : join(directory, `${name}.dev`);
  if (!isPath) await writeFile(file, device);
  const mode = file.endsWith('.seq') ? 'dummy-loop' : 'dummy-once';
  return `[${name}]\n  driver = dummy-ups\n  port = ${file}\n  mode = ${mode}\n  pollinterval = 1\n  desc = "UPS ${name}"\n`;
}
