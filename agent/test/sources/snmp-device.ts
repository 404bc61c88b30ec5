import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { type Running, start } from './process.ts';

/** A device that answers to the community `device` with what one of the files in `snmprec/` says. */
export interface SnmpDevice {
  readonly port: number;
  /** Takes the device away and starts it with another file. */
  restartAs(file: string): Promise<void>;
}

/** Starts snmpsim; null where the test was skipped. */
export async function startSnmpDevice(t: Test, file: string): Promise<SnmpDevice | null> {
  const program = requireProgram(t, 'snmpsimd');
  if (program === null) return null;
  const port = await freePort('udp');
  const directory = await mkdtemp(join(tmpdir(), 'snmpsim-'));
  await chmod(directory, 0o755);
  const args = [
    '--v3-engine-id=80004fb805636c6f7564',
    `--data-dir=${directory}`,
    `--cache-dir=${await cacheDirectory(t)}`,
    '--force-index-rebuild',
    `--agent-udpv4-endpoint=127.0.0.1:${port}`,
    ...(process.getuid?.() === 0 ? ['--process-user=nobody', '--process-group=nogroup'] : []),
  ];
  let running: Running | null = null;
  const restartAs = async (name: string) => {
    await running?.stop();
    const target = join(directory, 'device.snmprec');
    await copyFile(join(import.meta.dirname, 'snmprec', `${name}.snmprec`), target);
    await chmod(target, 0o644);
    running = await start(program, args, /Listening at UDP/);
  };
  t.teardown(async () => {
    await running?.stop();
    await rm(directory, { recursive: true });
  });
  await restartAs(file);
  return { port, restartAs };
}

/** snmpsim refuses to serve as root, so its index goes where anybody may write. */
async function cacheDirectory(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'snmpsim-cache-'));
  await chmod(directory, 0o777);
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
