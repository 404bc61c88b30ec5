import { execFile } from 'node:child_process';
import { SourceError } from '../../source.ts';

export interface ProgramOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Beside the agent's own environment; secrets go here rather than among the arguments, which everybody can see. */
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

/**
 * Runs a program to its end, without a shell. An exit code other than 0 is a result, not a failure.
 * @throws SourceError: `absent` where there is no such program or it may not be run, `retry` where it does not end in
 * time, was ended by a signal, or says more than `maxBytes`.
 */
export function runProgram(file: string, args: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
  const { timeoutMs, signal, env = {}, maxBytes = MAX_BYTES } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new SourceError('retry', `${file} was not started: the tick is over`));
    execFile(
      file,
      args,
      // LC_ALL: numbers with a decimal point, whatever the host's language.
      {
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C', ...env },
        killSignal: 'SIGKILL',
        maxBuffer: maxBytes,
        signal,
        timeout: timeoutMs,
        windowsHide: true,
      },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ stdout, stderr, exitCode: 0 });
        const { code, killed } = error as { code?: unknown; killed?: boolean };
        if (typeof code === 'number' && killed !== true) return resolve({ stdout, stderr, exitCode: code });
        reject(failureOf(file, code, timeoutMs, signal));
      },
    );
  });
}

function failureOf(file: string, code: unknown, timeoutMs: number, signal: AbortSignal): SourceError {
  if (code === 'ENOENT') return new SourceError('absent', `there is no program ${file}: is it installed, and in PATH?`);
  if (code === 'EACCES') return new SourceError('absent', `${file} may not be run: permission denied`);
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return new SourceError('retry', `${file} says too much`);
  if (signal.aborted) return new SourceError('retry', `${file} was ended: the tick is over`);
  if (typeof code === 'string') return new SourceError('retry', `${file} could not be run: ${code}`);
  return new SourceError('retry', `${file} did not end within ${timeoutMs} ms, or was ended by a signal`);
}
