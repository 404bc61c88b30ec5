import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../shared/test/free-port.ts';
import type { Child } from './child.ts';
import type { Room } from './room.ts';

/** What an operator starts. */
export const program: string = fileURLToPath(new URL('../../collector/bin/wattmark-collector.js', import.meta.url));
const POLL_MS = 10;

export interface CollectorOptions {
  /** Data directory in the room. */
  readonly data: string;
  /** Null for the embedded one. */
  readonly brokerUrl: string | null;
  /** Directory of site files. */
  readonly sites?: string;
  /** Further keys of its configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly readyWithinMs?: number;
  /** Flags of Node, to profile it. */
  readonly nodeFlags?: readonly string[];
}

/** What `GET /api/v1/mirrors` says of a mirror. */
interface MirrorAnswer {
  readonly problem: string | null;
  readonly waitingLines: number;
  readonly queueBytes: number;
  readonly sentLines: number;
  readonly rejectedLines: number;
  readonly droppedLines: number;
}

/** The built collector, running. */
export class BenchCollector {
  readonly child: Child;
  readonly url: string;
  readonly brokerUrl: string;
  /** From the start of the process to its first healthy answer. */
  readonly readyMs: number;
  /** Path of its configuration. */
  readonly config: string;

  private constructor(child: Child, config: string, url: string, brokerUrl: string, readyMs: number) {
    this.child = child;
    this.config = config;
    this.url = url;
    this.brokerUrl = brokerUrl;
    this.readyMs = readyMs;
  }

  static async start(
    room: Room,
    { data, brokerUrl, sites, config = {}, readyWithinMs = 60_000 }: CollectorOptions,
  ): Promise<BenchCollector> {
    const [httpPort, mqttPort] = [await freePort(), await freePort()];
    const broker = brokerUrl === null ? { embedded: { host: '127.0.0.1', port: mqttPort } } : { url: brokerUrl };
    const file = room.path(`collector-${httpPort}.yaml`);
    // YAML is a superset of JSON.
    const http = { host: '127.0.0.1', port: httpPort };
    writeFileSync(
      file,
      JSON.stringify({ data: room.path(data), http, broker, ...(sites !== undefined && { sites }), ...config }),
    );
    const startMs = performance.now();
    // As an operator starts it: the program's first line says with which flags.
    const child = room.start(program, ['run', '--config', file]);
    const url = `http://127.0.0.1:${httpPort}`;
    const ended = child.ended.then((how) => {
      throw new Error(`the collector ended: ${how}`);
    });
    ended.catch(() => {});
    while (!(await Promise.race([isHealthy(url), ended]))) {
      if (performance.now() - startMs > readyWithinMs) throw new Error('the collector is not healthy in time');
      await sleep(POLL_MS);
    }
    return new BenchCollector(
      child,
      file,
      url,
      brokerUrl ?? `mqtt://127.0.0.1:${mqttPort}`,
      performance.now() - startMs,
    );
  }

  /** One of its own counters and gauges, without the prefix `wattmark_`. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const value = new RegExp(`^wattmark_${name} (\\S+)$`, 'm').exec(text)?.[1];
    if (value === undefined) throw new Error(`no metric ${name}`);
    return Number(value);
  }

  /** How its only mirror does. */
  async mirror(): Promise<MirrorAnswer> {
    const [state] = (await (await fetch(`${this.url}/api/v1/mirrors`)).json()) as MirrorAnswer[];
    if (state === undefined) throw new Error('the collector has no mirror');
    return state;
  }

  /** Resolves when the mirror has everything that is stored. */
  async mirrored(withinMs = 600_000): Promise<MirrorAnswer> {
    const startMs = performance.now();
    for (;;) {
      const state = await this.mirror();
      if (state.waitingLines === 0 && state.problem === null) return state;
      if (performance.now() - startMs > withinMs) throw new Error(`the mirror does not catch up: ${state.problem}`);
      await sleep(100);
    }
  }

  /** Resolves when the store has everything that was accounted, with the time that took. */
  async stored(withinMs = 60_000): Promise<number> {
    const startMs = performance.now();
    while ((await this.metric('store_waiting_batches')) > 0) {
      if (performance.now() - startMs > withinMs) throw new Error('the store does not catch up');
      await sleep(100);
    }
    return performance.now() - startMs;
  }
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/healthz`)).ok;
  } catch {
    return false;
  }
}
