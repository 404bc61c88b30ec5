import { type ChildProcess, spawn } from 'node:child_process';
import { SourceError } from '../../source.ts';

export interface ProgramOptions {
  /** Time in which it must be done; without it only `signal` ends it. */
  readonly timeoutMs?: number | undefined;
  readonly signal: AbortSignal;
  /** Beside the few that every program gets; secrets go here rather than among the arguments, which everybody can see. */
  readonly env?: Readonly<Record<string, string>>;
  /** Bytes of output beyond which the program is ended. */
  readonly maxBytes?: number;
}

/** What a program wrote, and how it ended. */
export interface ProgramResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

const MAX_BYTES = 4 * 1_048_576;

/** What programs need to know of the agent's environment. The rest is none of their business: it holds secrets. */
const inherited = ['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'TZ', 'LD_LIBRARY_PATH'];

/**
 * Runs a program to its end, without a shell. An exit code other than 0 is a result, not a failure. Whatever it started
 * ends with it, and nothing of it runs any more when the promise is settled.
 * @throws SourceError: `absent` where there is no such program or it may not be run, `retry` where it does not end in
 * time, was ended by a signal, or says more than `maxBytes`.
 */
export async function runProgram(
  file: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  const { timeoutMs, signal, env = {}, maxBytes = MAX_BYTES } = options;
  if (signal.aborted) throw new SourceError('retry', `${file} was not started: the tick is over`);
  const child = start(file, args, env);
  let cause: SourceError | null = null;
  const give = (message: string): void => {
    cause ??= new SourceError('retry', `${file} ${message}`);
    end(child);
    // Whoever has left the process group holds the output open.
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  const onAbort = (): void => give('was ended: the tick is over');
  const late = setTimeout(give, timeoutMs ?? LONGEST_MS, `did not end within ${timeoutMs ?? LONGEST_MS} ms`);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const output = collect(child, maxBytes, () => give(`says more than ${maxBytes} bytes`));
    const { exitCode, killedBy } = await ending(child, file);
    if (cause !== null) throw cause as Error;
    if (exitCode === null) throw new SourceError('retry', `${file} was ended by ${killedBy}`);
    return { ...output(), exitCode };
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', onAbort);
  }
}

/** An hour: the longest interval between two ticks. */
const LONGEST_MS = 3_600_000;

function start(file: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const passed = Object.fromEntries(
    inherited.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
  return spawn(file, args, {
    // A process group of its own, so that what the program starts can be ended with it.
    detached: true,
    // LC_ALL: numbers with a decimal point, whatever the host's language.
    env: { ...passed, LC_ALL: 'C', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
}

/** Ends the program and what it started. */
function end(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}

/** @returns what has been written so far, as text. */
function collect(
  child: ChildProcess,
  maxBytes: number,
  onTooMuch: () => void,
): () => { stdout: string; stderr: string } {
  let bytes = 0;
  const gather = (stream: NodeJS.ReadableStream | null): Buffer[] => {
    const chunks: Buffer[] = [];
    stream?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else onTooMuch();
    });
    return chunks;
  };
  const stdout = gather(child.stdout);
  const stderr = gather(child.stderr);
  return () => ({ stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
}

interface Ending {
  readonly exitCode: number | null;
  readonly killedBy: NodeJS.Signals | null;
}

/** @throws SourceError where the program could not be started. */
function ending(child: ChildProcess, file: string): Promise<Ending> {
  return new Promise((resolve, reject) => {
    let failure: SourceError | null = null;
    child.once('error', (error: NodeJS.ErrnoException) => {
      failure = failureOf(file, error);
      // Without pipes, as where descriptors are exhausted, nothing will close.
      if (child.stdout == null) reject(failure);
    });
    // What the program left running may hold its output open.
    child.once('exit', () => end(child));
    child.once('close', (exitCode, killedBy) => (failure === null ? resolve({ exitCode, killedBy }) : reject(failure)));
  });
}

function failureOf(file: string, { code }: NodeJS.ErrnoException): SourceError {
  if (code === 'ENOENT') return new SourceError('absent', `there is no program ${file}: is it installed, and in PATH?`);
  if (code === 'EACCES') return new SourceError('absent', `${file} may not be run: permission denied`);
  return new SourceError('retry', `${file} could not be run: ${code}`);
}
