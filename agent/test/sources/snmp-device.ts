import { chmod, copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { type Running, start } from './process.ts';

/** A device that answers to the community or context `device` with what one of the files in `snmprec/` says. */
export interface SnmpDevice {
  readonly port: number;
  /** Takes the device away and starts it with another file. */
  restartAs(file: string): Promise<void>;
}

/** Whom the devices know beside the community, as entries of a configuration. */
export const users = {
  nobody: { version: 3, username: 'reader' },
  authenticated: { version: 3, username: 'sha', auth: { protocol: 'SHA', password: 'authpass123' } },
  private: {
    version: 3,
    username: 'sha-aes',
    auth: { protocol: 'SHA', password: 'authpass123' },
    privacy: { protocol: 'AES-128', password: 'privpass123' },
  },
  old: {
    version: 3,
    username: 'md5-des',
    auth: { protocol: 'MD5', password: 'authpass123' },
    privacy: { protocol: 'DES', password: 'privpass123' },
  },
} as const;

const keys = ['--v3-auth-key=authpass123', '--v3-priv-key=privpass123'];

const userArguments = [
  ['--v3-user=reader'],
  ['--v3-user=sha', '--v3-auth-key=authpass123', '--v3-auth-proto=SHA'],
  ['--v3-user=sha-aes', ...keys, '--v3-auth-proto=SHA', '--v3-priv-proto=AES'],
  ['--v3-user=md5-des', ...keys, '--v3-auth-proto=MD5', '--v3-priv-proto=DES'],
].flat();

/** Starts snmpsim with one file; null where the test was skipped. */
export async function startSnmpDevice(t: Test, file: string): Promise<SnmpDevice | null> {
  const program = requireProgram(t, 'snmpsimd');
  if (program === null) return null;
  const port = await freePort('udp');
  const directory = await dataDirectory(t);
  const args = await argumentsFor(t, directory, port);
  let running: Running | null = null;
  const restartAs = async (name: string) => {
    await running?.stop();
    await serve(join(import.meta.dirname, 'snmprec', `${name}.snmprec`), join(directory, 'device.snmprec'));
    running = await start(program, args, /Listening at UDP/);
  };
  t.teardown(() => running?.stop());
  await restartAs(file);
  return { port, restartAs };
}

/** Starts snmpsim with every file of a folder, each a device of its own community; null where the test was skipped. */
export async function startSnmpDevices(t: Test, folder: string): Promise<{ readonly port: number } | null> {
  const program = requireProgram(t, 'snmpsimd');
  if (program === null) return null;
  const port = await freePort('udp');
  const directory = await dataDirectory(t);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.snmprec'));
  await Promise.all(files.map((file) => serve(join(folder, file), join(directory, file))));
  const running = await start(program, await argumentsFor(t, directory, port), /Listening at UDP/);
  t.teardown(() => running.stop());
  return { port };
}

async function argumentsFor(t: Test, directory: string, port: number): Promise<string[]> {
  return [
    '--v3-engine-id=80004fb805636c6f7564',
    ...userArguments,
    `--data-dir=${directory}`,
    `--cache-dir=${await cacheDirectory(t)}`,
    '--force-index-rebuild',
    `--agent-udpv4-endpoint=127.0.0.1:${port}`,
    ...(process.getuid?.() === 0 ? ['--process-user=nobody', '--process-group=nogroup'] : []),
  ];
}

async function serve(source: string, target: string): Promise<void> {
  await copyFile(source, target);
  await chmod(target, 0o644);
}

async function dataDirectory(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'snmpsim-'));
  await chmod(directory, 0o755);
  t.teardown(() => rm(directory, { recursive: true }));
  return directory;
}

/** snmpsim refuses to serve as root, so its index goes where anybody may write. */
async function cacheDirectory(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'snmpsim-cache-'));
  await chmod(directory, 0o777);
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
