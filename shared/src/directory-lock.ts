import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from './config.ts';

const LOCK = /^lock\.(\d+)\.(\d+)\.([0-9a-f-]+)$/;

/** No entry can be made on such a disk. An agent that would not start there could not drain its spool either. */
const FULL = new Set(['ENOSPC', 'EDQUOT']);

/**
 * Claims `directory` for this process, and removes the claims of processes that are gone. A claim is an empty file
 * whose name says who made it: process, its start in ticks since boot, and boot. After a kill -9, a reboot, or when the
 * number belongs to another process by now, it is known to be nobody's. Everyone claims first and looks then: of two
 * that begin at once both may give way, but never both go on. Without `/proc` nobody can tell, and nothing is claimed.
 * @param problem says what to do when the process with this number uses the directory.
 * @returns what gives the claim up.
 * @throws ConfigError naming the process that uses the directory.
 */
export async function lockDirectory(directory: string, problem: (pid: string) => string): Promise<() => Promise<void>> {
  const boot = await readText('/proc/sys/kernel/random/boot_id');
  const start = await startOf(process.pid);
  if (boot === null || start === null) return async () => {};
  const own = `lock.${process.pid}.${start}.${boot.trim()}`;
  const file = join(directory, own);
  await writeFile(file, '').catch((error: NodeJS.ErrnoException) => {
    if (!FULL.has(error.code ?? '')) throw error;
  });
  for (const name of await readdir(directory)) {
    const [, pid, since, when] = LOCK.exec(name) ?? [];
    if (pid === undefined || name === own) continue;
    if (when === boot.trim() && (await startOf(Number(pid))) === since) {
      await rm(file, { force: true });
      throw new ConfigError(directory, [problem(pid)]);
    }
    await rm(join(directory, name), { force: true });
  }
  return () => rm(file, { force: true });
}

/** When a process began, in clock ticks since boot, or null where it is gone: proc_pid_stat(5), fields 3 and 22. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readText(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses and may hold anything.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  const isOver = fields[0] === 'Z' || fields[0] === 'X';
  return isOver ? null : (fields[19] ?? null);
}

function readText(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch(() => null);
}
