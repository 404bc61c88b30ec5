import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@wattmark/shared/logger';
import type { Link } from '../../src/broker/link.ts';
import type { EvidenceLog } from '../../src/evidence/evidence-log.ts';
import type { Fold } from '../../src/fold.ts';
import type { InfluxTarget } from '../../src/influx/client.ts';
import { Ingest } from '../../src/ingest/ingest.ts';
import { LiveFigures } from '../../src/live-figures.ts';
import { Pipeline } from '../../src/pipeline.ts';
import { Recorder } from '../../src/recorder.ts';
import { refoldLog } from '../../src/restatement/refold-log.ts';
import type { RefoldRun, Restater } from '../../src/restatement/restate.ts';
import { catchUp, evidenceDirectory, type Restored, restore } from '../../src/restore.ts';
import type { EnergyCounters } from '../../src/site/energy-counters.ts';
import type { Rollup } from '../../src/site/rollup.ts';
import type { Store } from '../../src/store/store.ts';

export const START = Date.UTC(2026, 0, 1);

const log = createLogger('test', 'silent');

/** The collector without broker and API: messages go in by hand, acknowledgements are collected, time stands until it is set. */
export class Rig {
  readonly #restored: Restored;
  readonly recorder: Recorder;
  readonly ingest: Ingest;
  readonly live: LiveFigures;
  readonly pipeline: Pipeline;
  readonly acks: { topic: string; epoch: string; seq: number }[] = [];
  nowMs: number;

  private constructor(restored: Restored, recorder: Recorder, restater: Restater, nowMs: number) {
    this.#restored = restored;
    this.nowMs = nowMs;
    const now = (): number => this.nowMs;
    const { evidence, fold } = restored;
    this.recorder = recorder;
    this.ingest = new Ingest(fold);
    this.live = new LiveFigures(fold, now);
    const { ingest, live } = this;
    this.pipeline = new Pipeline({ evidence, fold, ingest, recorder, restater, live, log, now });
    const link: Link = {
      problem: null,
      publish: (topic, payload) => void this.acks.push({ topic, ...JSON.parse(payload) }),
      close: async () => {},
    };
    this.pipeline.attach(link);
  }

  static async open(
    data: string,
    nowMs = START,
    refold: RefoldRun = refoldLog,
    store: InfluxTarget | null = null,
  ): Promise<Rig> {
    const restored = await restore(data, log, store);
    const recorder = new Recorder({ ...restored, directory: data, log });
    const restater = { directory: evidenceDirectory(data), refold };
    await catchUp(restored, recorder, restater);
    return new Rig(restored, recorder, restater, nowMs);
  }

  get fold(): Fold {
    return this.#restored.fold;
  }

  get energy(): EnergyCounters {
    return this.#restored.energy;
  }

  get rollup(): Rollup {
    return this.#restored.rollup;
  }

  get store(): Store {
    return this.#restored.store;
  }

  get evidence(): EvidenceLog {
    return this.#restored.evidence;
  }

  /** Delivers one message of an agent of site dc-1. */
  send(leaf: 'birth' | 'status' | 'readings', message: unknown, agent = 'hall-a'): void {
    const payload = typeof message === 'string' ? message : JSON.stringify(message);
    void this.pipeline.receive({
      topic: `wattmark/v1/default/dc-1/${agent}/${leaf}`,
      payload: Buffer.from(payload),
      retained: false,
    });
  }

  /** Resolves when everything delivered is on disk and acknowledged. */
  async settle(): Promise<void> {
    await this.pipeline.idle();
  }

  /** Stops cleanly. */
  async close(): Promise<void> {
    this.live.close();
    await this.pipeline.stop();
    await this.crash();
  }

  /** Lets go of the files without a word to anyone. */
  async crash(): Promise<void> {
    await this.store.close();
    await this.evidence.close();
  }
}

export function scratch(t: { teardown(fn: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'wattmark-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A readings message of agent hall-a's first epoch, one tick of 10 s after the other. */
export function tick(seq: number, powerW: number, epoch = 'E1'): unknown {
  return {
    v: 1,
    epoch,
    seq,
    at: START + seq * 10_000,
    readings: [
      ['utility-a', 'power', powerW],
      ['ups-1', 'power', powerW / 2],
    ],
  };
}

export function birth(firstSeq: number, epoch = 'E1'): unknown {
  const point = (name: string, role: string): unknown => ({
    point: name,
    role,
    channels: ['power'],
    intervalMs: 10_000,
    source: 'modbus',
  });
  return {
    v: 1,
    epoch,
    firstSeq,
    at: START,
    software: 'test/1',
    points: [point('utility-a', 'utility'), point('ups-1', 'it')],
  };
}
