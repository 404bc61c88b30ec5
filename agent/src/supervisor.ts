import type { Logger } from '@wattmark/shared/logger';
import type { SourcesReport } from '@wattmark/shared/messages';
import type { Clock } from './clock.ts';
import { runProgram } from './sources/support/program.ts';

/** How an agent does, as far as one can see from outside. */
export interface Health {
  readonly points: number;
  readonly sources: SourcesReport;
  /** Monotonic time at which the sampler last looked whether a tick has come; null before the first time. */
  readonly lookedMs: number | null;
}

export interface SupervisorOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
  readonly health: () => Health;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Time without a look for a tick after which the sampler counts as hung: it looks at least every five seconds. */
const HUNG_AFTER_MS = 15_000;

/** Longest time between two reports, and time between two looks before the first, ms. */
const REPORT_EVERY_MS = 60_000;
const BEGINNING_EVERY_MS = 250;

const NOTIFY_WITHIN_MS = 10_000;

/**
 * Tells systemd (sd_notify(3)) that the agent samples, how it does, and that it is alive. Node cannot open the datagram
 * socket on which systemd listens, so that systemd-notify(1) is run. Without `NOTIFY_SOCKET` nothing is done.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #socket: string | undefined;
  /** Null where systemd does not watch. */
  readonly #watchdogMs: number | null;
  #sending: Promise<void> = Promise.resolve();
  #hasFailed = false;
  #status = '';

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#socket = options.env['NOTIFY_SOCKET'];
    this.#watchdogMs = watchdogMs(options.env, options.pid);
  }

  /** Says that the agent is ready when it samples, and from then on how it does; until `signal` aborts. */
  async watch(signal: AbortSignal): Promise<void> {
    const { clock, health } = this.#options;
    if (this.#socket === undefined) return;
    let isReady = false;
    while (!signal.aborted) {
      const now = health();
      const samples = now.lookedMs !== null && clock.monotonicMs() - now.lookedMs < HUNG_AFTER_MS;
      if (samples) {
        const alive = this.#watchdogMs === null ? [] : ['WATCHDOG=1'];
        await this.#send([...(isReady ? [] : ['READY=1']), ...alive, ...this.#news(now)]);
        isReady = true;
      }
      const reportMs = Math.min(REPORT_EVERY_MS, (this.#watchdogMs ?? Number.POSITIVE_INFINITY) / 2);
      await clock.sleep(isReady ? reportMs : BEGINNING_EVERY_MS, signal);
    }
  }

  /** Does `work` between word of its beginning and of its end. */
  async reloading(work: () => Promise<void>): Promise<void> {
    await this.#send(['RELOADING=1']);
    await work();
    await this.#send(['READY=1', ...this.#news(this.#options.health())]);
  }

  async stopping(): Promise<void> {
    await this.#send(['STOPPING=1']);
  }

  /** The status, where it is another one than was said. */
  #news(health: Health): string[] {
    const status = `STATUS=${statusOf(health)}`;
    if (status === this.#status) return [];
    this.#status = status;
    return [status];
  }

  /** One after the other, in the order of the calls. Never rejects. */
  #send(words: readonly string[]): Promise<void> {
    this.#sending = this.#sending.then(() => this.#notify(words));
    return this.#sending;
  }

  async #notify(words: readonly string[]): Promise<void> {
    if (this.#socket === undefined || words.length === 0) return;
    try {
      const { exitCode, stderr } = await runProgram('systemd-notify', words, {
        timeoutMs: NOTIFY_WITHIN_MS,
        signal: new AbortController().signal,
        env: { NOTIFY_SOCKET: this.#socket },
      });
      if (exitCode !== 0) throw new Error(`systemd-notify ended with ${exitCode}: ${stderr.trim()}`);
    } catch (error) {
      if (!this.#hasFailed) this.#options.log.warn({ reason: (error as Error).message }, 'systemd cannot be told');
      this.#hasFailed = true;
    }
  }
}

/** As sd_watchdog_enabled(3) has it: `WATCHDOG_PID` says whom the watchdog is meant for. */
function watchdogMs(env: NodeJS.ProcessEnv, pid: number): number | null {
  const periodMs = Number(env['WATCHDOG_USEC']) / 1000;
  const isForUs = Number(env['WATCHDOG_PID'] ?? pid) === pid;
  return isForUs && periodMs > 0 ? periodMs : null;
}

function statusOf({ points, sources: { total, failing } }: Health): string {
  const first = failing[0];
  if (first === undefined) return `${points} points of ${total} sources`;
  const reason = `${first.source}: ${first.reason}`.replace(/\s+/g, ' ');
  return `${points} points; ${failing.length} of ${total} sources fail, first ${reason}`;
}
