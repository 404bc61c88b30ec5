import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A program that a test started. */
export interface Running {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a program and waits until a line of its output (either stream) matches `ready`. */
export async function start(path: string, args: readonly string[], ready: RegExp, cwd?: string): Promise<Running> {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd });
  const lines: string[] = [];
  const output = [child.stdout, child.stderr].map((input) => createInterface({ input }));
  const up = new Promise<void>((resolve, reject) => {
    for (const stream of output) {
      stream.on('line', (line) => {
        lines.push(line);
        if (ready.test(line)) resolve();
      });
    }
    child.once('exit', (code) => reject(new Error(`${path} ended with ${code}:\n${lines.join('\n')}`)));
    child.once('error', reject);
  });
  await up;
  return { pid: child.pid ?? 0, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
