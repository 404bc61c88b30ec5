import { createLogger } from '@wattmark/shared/logger';
import type { Api } from '../../src/api/contract.ts';
import { buildApi } from '../../src/api/server.ts';
import { CollectorFigures } from '../../src/collector-figures.ts';
import type { Change } from '../../src/corrections/change.ts';
import { encodeBlock } from '../../src/import/block.ts';
import type { InfluxTarget } from '../../src/influx/client.ts';
import { refoldLog } from '../../src/restatement/refold-log.ts';
import type { SiteFile } from '../../src/site/site-file.ts';
import { emptySiteFile } from '../../src/site/site-file.ts';
import { Rig } from '../support/rig.ts';

/** Around the last day of summer time in Berlin, which has 25 hours. */
export const BEGIN = Date.UTC(2026, 9, 24, 18);
const MINUTE_MS = 60_000;
const INTERVAL_MS = 5 * MINUTE_MS;
const HOURS = 36;
export const END: number = BEGIN + HOURS * 60 * MINUTE_MS;

const at = (hours: number): number => BEGIN + hours * 60 * MINUTE_MS;
const iso = (hours: number): string => new Date(at(hours)).toISOString();

type Readings = readonly (readonly [point: string, channel: string, value: number])[];

interface Agent {
  readonly site: string;
  readonly agent: string;
  readonly points: readonly object[];
  readonly readings: (index: number) => Readings;
  /** Hours during which it cannot send; what it read then comes later. */
  readonly away?: readonly [fromHour: number, toHour: number];
}

const point = (name: string, role: string | null, channels: readonly string[], more: object = {}): object => ({
  point: name,
  ...(role !== null && { role }),
  channels,
  intervalMs: INTERVAL_MS,
  ...more,
});

const wave = (index: number, size: number): number => size * (1 + 0.1 * Math.sin(index / 9) + 0.013 * (index % 7));

const agents: readonly Agent[] = [
  {
    site: 'dc-1',
    agent: 'meters',
    points: [
      point('utility-a', 'utility', ['power', 'energy'], { accuracyClass: '0.5S' }),
      point('ups-1', 'it', ['power'], { level: 'ups-output', accuracyClass: '1' }),
      point('cooling-1', 'cooling', ['power']),
    ],
    readings: (index) => [
      ['utility-a', 'power', wave(index, 9100.7)],
      ['utility-a', 'energy', 1e6 + 760 * index + (index % 3)],
      ['ups-1', 'power', wave(index, 6400.3)],
      ['cooling-1', 'power', wave(index, 1500.9)],
    ],
  },
  {
    site: 'dc-1',
    agent: 'hall',
    points: [
      point('pdu-1', 'it', ['power'], { level: 'pdu-output' }),
      point('host-1', null, ['utilisation', 'temperature']),
    ],
    readings: (index) => [
      ['pdu-1', 'power', wave(index, 6100.1)],
      ['host-1', 'utilisation', (index * 7) % 100],
      ['host-1', 'temperature', 20 + (index % 11) / 3],
    ],
    away: [8, 15],
  },
  {
    site: 'bs-1',
    agent: 'controller',
    points: [point('mains', 'utility', ['power']), point('rectifier', 'telecom', ['power'])],
    readings: (index) => [
      ['mains', 'power', wave(index, 2900.3)],
      ['rectifier', 'power', wave(index, 2400.9)],
    ],
    away: [20, 22],
  },
];

const files: readonly SiteFile[] = [
  {
    ...emptySiteFile({ site: 'dc-1', group: 'default' }),
    timezone: 'Europe/Berlin',
    grid: 'cn-east',
    partials: [{ id: 'hall-1', name: 'Hall 1', total: ['ups-1', 'cooling-1'], it: ['pdu-1'] }],
  } as SiteFile,
  { ...emptySiteFile({ site: 'bs-1', group: 'default' }), kind: 'base-station', timezone: 'Asia/Shanghai' } as SiteFile,
];

/** A collector with its API, fed by hand. */
export class Fed {
  readonly #data: string;
  readonly #target: InfluxTarget | null;
  rig!: Rig;

  private constructor(data: string, target: InfluxTarget | null) {
    this.#data = data;
    this.#target = target;
  }

  static async open(data: string, target: InfluxTarget | null, nowMs = BEGIN): Promise<Fed> {
    const fed = new Fed(data, target);
    fed.rig = await Rig.open(data, nowMs, refoldLog, target);
    return fed;
  }

  api(): Api {
    const { fold, ingest, live, recorder, store, evidence, rollup, energy } = this.rig;
    const parts = { fold, ingest, live, recorder, rollup, store, energy, problem: () => null };
    const figures = new CollectorFigures({ ...parts, evidenceBytes: () => evidence.bytes, mirrors: () => [] });
    return buildApi(figures, { page: null, now: () => this.rig.nowMs, log: createLogger('test', 'silent') });
  }

  /** The whole history; `between` is called after each hour. */
  async feed(between: (hour: number) => Promise<void> = async () => {}): Promise<void> {
    this.rig.ingest.setSites(files, BEGIN);
    for (const { site, agent, points } of agents) {
      this.#send(site, agent, 'birth', { v: 1, epoch: 'E', firstSeq: 1, at: BEGIN, software: 'test', points });
    }
    const last = (HOURS * 60 * MINUTE_MS) / INTERVAL_MS;
    for (let index = 0; index < last; index++) {
      const hour = (index * INTERVAL_MS) / 3_600_000;
      this.rig.nowMs = at(hour) + INTERVAL_MS;
      for (const agent of agents) this.#deliver(agent, index, hour);
      if (index % 12 === 11) {
        this.rig.pipeline.tick();
        await this.rig.settle();
        await between(hour);
      }
      if (index % 12 === 11) await this.#correctAfter(Math.floor(hour));
    }
    this.rig.pipeline.tick();
    await this.rig.settle();
    await this.rig.recorder.idle();
  }

  /** Ends it without a word and starts it again from what is on disk. */
  async restart(): Promise<void> {
    await this.rig.recorder.idle();
    const { nowMs } = this.rig;
    await this.rig.crash();
    this.rig = await Rig.open(this.#data, nowMs, refoldLog, this.#target);
  }

  #deliver({ site, agent, readings, away }: Agent, index: number, hour: number): void {
    const [fromHour, toHour] = away ?? [0, 0];
    if (hour >= fromHour && hour < toHour) return;
    const first = away !== undefined && hour === toHour ? (fromHour * 3_600_000) / INTERVAL_MS : index;
    for (let one = first; one <= index; one++) {
      const atMs = BEGIN + one * INTERVAL_MS;
      this.#send(site, agent, 'readings', { v: 1, epoch: 'E', seq: one + 1, at: atMs, readings: readings(one) });
    }
  }

  async #correctAfter(hour: number): Promise<void> {
    if (hour === 18) await this.#correct({ kind: 'factor', point: 'cooling-1', from: at(3), to: at(16), factor: 1.25 });
    if (hour === 23) await this.#correct({ kind: 'void', point: 'ups-1', from: at(5.1), to: at(7.4) });
    if (hour === 26) await this.#import();
    if (hour === 32) await this.#correct({ kind: 'structure', from: at(5) });
  }

  async #correct(change: Change): Promise<void> {
    await this.rig.pipeline.correct(0, { by: 'A. Auditor', reason: 'test', change });
  }

  /** Two hours of a point's means that lie before everything else. */
  async #import(): Promise<void> {
    const { pipeline, fold } = this.rig;
    const entry = { by: 'A. Auditor', reason: 'history', files: [], mapping: '' };
    const { id } = await pipeline.enter((record) => record.import(0, entry));
    const minutes = Array.from({ length: 120 }, (_, minute) => minute);
    const block = encodeBlock({
      atMs: Float64Array.from(minutes, (minute) => at(-30) + minute * MINUTE_MS),
      values: Float64Array.from(minutes, (minute) => 5000 + minute / 3),
      isMean: true,
      isEstimated: false,
      intervalMs: MINUTE_MS,
    });
    const pointId = fold.catalogue.pointId(0, 'ups-1') as number;
    await pipeline.enter((record) => record.block(Number(id), pointId, 'power', block));
    await this.#correct({ kind: 'import', import: id });
  }

  #send(site: string, agent: string, leaf: string, message: unknown): void {
    void this.rig.pipeline.receive({
      topic: `wattmark/v1/default/${site}/${agent}/${leaf}`,
      payload: Buffer.from(JSON.stringify(message)),
      retained: false,
    });
  }
}

/** Questions to every route that answers from a store, with and without `asOf`. */
export function questions(): string[] {
  const span = `from=${iso(-31)}&to=${iso(HOURS)}`;
  const minutes = `from=${iso(6)}&to=${iso(17)}`;
  const knowledge = ['', ...[18.5, 24.5, 31].map((hour) => `&asOf=${iso(hour)}`)];
  const steps = [`step=PT1M&${minutes}`, ...['PT15M', 'PT1H', 'P1D', 'P1Y'].map((step) => `step=${step}&${span}`)];
  const periods = ['2026-10', '2026-10-25'].map((period) => `period=${period}`);
  const asked: string[] = ['/api/v1/sites', '/api/v1/agents', '/api/v1/mirrors', '/api/v1/targets'];
  for (const site of ['dc-1', 'bs-1']) {
    const base = `/api/v1/sites/${site}`;
    asked.push(`${base}/live`, `${base}/points`, `${base}/corrections`);
    for (const asOf of knowledge) {
      for (const step of steps) asked.push(`${base}/series?${step}${asOf}`);
      for (const period of [...periods, span]) {
        for (const route of ['kpis', 'kpis/explain', 'figures', 'findings'])
          asked.push(`${base}/${route}?${period}${asOf}`);
      }
      asked.push(`${base}/changes?period=2026-10-26&against=2026-10-25${asOf}`);
    }
  }
  for (const name of ['dc-1/utility-a', 'dc-1/ups-1', 'dc-1/host-1', 'bs-1/rectifier']) {
    for (const asOf of knowledge) for (const step of steps) asked.push(`/api/v1/points/${name}/series?${step}${asOf}`);
  }
  return asked;
}
