import { readFileSync } from 'node:fs';

/** The kernel counts processor time in hundredths of a second, whatever its own clock. */
const TICK_MS = 10;

/** Processor time that a process has taken, ms, and whether it waits for something else; null where that cannot be told. */
export function cpuTimeOf(pid: number): { readonly cpuMs: number; readonly isWaiting: boolean } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc_pid_stat(5): behind the name in brackets come the state, and as the 12th and 13th field user and system time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, isWaiting: fields[0] === 'S' };
  } catch {
    return null;
  }
}
