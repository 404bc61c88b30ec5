import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { Change } from '../../src/corrections/change.ts';
import type { Figures } from '../../src/figures.ts';
import type { Sources } from '../../src/kpi/minutes.ts';
import { siteKpis } from '../../src/kpi/site-kpis.ts';
import { pointSumsOf, siteSums } from '../../src/kpi/sums.ts';
import { evidenceDirectory } from '../../src/restore.ts';
import type { Site } from '../../src/site/site.ts';
import { Rig } from '../support/rig.ts';
import { stored } from '../support/stored.ts';
import type { Plan } from './events.ts';
import { exportReadings, type Exported } from './oracle.ts';
import { type Meter, metersOf } from './plant.ts';
import { record } from './recording.ts';
import {
  makeMinuteTable,
  minutesQuery,
  pointSumsQuery,
  type SitePlan,
  siteMinutesQuery,
  siteSumsQuery,
  stillQuery,
} from './sql.ts';

/** A stretch of local days that both sides are asked for. */
export interface Stretch {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** One figure as the two sides have it. */
export interface Difference {
  readonly what: string;
  readonly collector: number;
  readonly query: number;
  /** Relative to the greater of the two. */
  readonly relative: number;
}

export interface Checked {
  readonly readings: number;
  readonly figures: number;
  /** Figures in which the two differ by more than rounding explains. */
  readonly wrong: readonly Difference[];
  /** The greatest relative difference. */
  readonly greatest: number;
  /** Figures that a correction changed. */
  readonly restated: number;
  /** Messages that the collector dropped because they came twice. */
  readonly duplicates: number;
  readonly pushedMs: number;
  readonly queriedMs: number;
}

/** What of the plan's corrections is known in a comparison, and which stretches are over by then. */
interface Knowledge {
  readonly corrections: number;
  readonly asOfMs: number | null;
}

/** The two add up the same numbers in another order. */
const TOLERANCE = 1e-9;

const LEVELS = ['ups-output', 'pdu-output', 'equipment-input'] as const;

/** Pushes a plan through the collector and computes its figures again from the evidence log; `data` must be empty. */
export async function check(data: string, plan: Plan, stretches: readonly Stretch[]): Promise<Checked> {
  const startMs = performance.now();
  const recorded = await record(data, plan);
  const pushedMs = performance.now() - startMs;
  const rig = await Rig.open(data, recorded.endMs);
  const instance = await DuckDBInstance.create(join(data, 'oracle.duckdb'), { memory_limit: '2GiB' });
  try {
    const connection = await instance.connect();
    const exported = await exportReadings(evidenceDirectory(data), connection);
    const comparison = new Comparison(rig, connection, exported, plan);
    await comparison.fill();
    const states: Knowledge[] = [
      { corrections: 0, asOfMs: (recorded.correctedMs[0] as number) - 1 },
      { corrections: 2, asOfMs: (recorded.correctedMs[2] as number) - 1 },
      { corrections: recorded.correctedMs.length, asOfMs: null },
    ];
    for (const state of states) {
      await comparison.know(state.corrections);
      const knownMs = state.asOfMs ?? recorded.endMs;
      await comparison.compare(
        stretches.filter(({ toMs }) => toMs <= knownMs),
        state.asOfMs,
        recorded.endMs,
      );
    }
    const queriedMs = performance.now() - startMs - pushedMs;
    const { duplicates } = recorded;
    return { readings: exported.readings, duplicates, ...comparison.result(), pushedMs, queriedMs };
  } finally {
    instance.closeSync();
    await rig.crash();
  }
}

class Comparison {
  readonly #rig: Rig;
  readonly #connection: DuckDBConnection;
  readonly #exported: Exported;
  readonly #plan: SitePlan;
  readonly #meters: readonly Meter[];
  readonly #site: Site;
  readonly #differences: Difference[] = [];
  /** The newest value of each figure by the query. */
  readonly #known = new Map<string, number>();
  #restated = 0;

  constructor(rig: Rig, connection: DuckDBConnection, exported: Exported, { points }: Plan) {
    this.#rig = rig;
    this.#connection = connection;
    this.#exported = exported;
    this.#meters = metersOf(points);
    this.#site = rig.fold.registry.site(0);
    const idsOf = (of: (meter: Meter) => boolean): number[] =>
      this.#meters.filter(of).map(({ point }) => this.#idOf(point));
    const supply = idsOf(({ role }) => ['utility', 'solar', 'generator'].includes(role));
    const batteries = idsOf(({ role }) => role === 'battery');
    this.#plan = {
      total: [
        ...supply.map((pointId) => ({ pointId, weight: 1 })),
        ...batteries.map((pointId) => ({ pointId, weight: -1 })),
      ],
      it: LEVELS.map((level) => idsOf((meter) => meter.level === level)),
    };
  }

  /** Accounts every point without corrections. */
  async fill(): Promise<void> {
    await this.#connection.run(makeMinuteTable);
    for (const { point } of this.#meters) await this.#account(point, []);
  }

  /** Accounts the points again that the first so many corrections concern. */
  async know(corrections: number): Promise<void> {
    const known = this.#exported.corrections.slice(0, corrections).map(({ change }) => change);
    const ofPoint = (point: string): Change[] => known.filter((change) => 'point' in change && change.point === point);
    for (const { point } of this.#meters) {
      if (ofPoint(point).length === 0) continue;
      await this.#connection.run(`DELETE FROM minute WHERE point = ${this.#idOf(point)}`);
      await this.#account(point, ofPoint(point));
    }
    await this.#connection.run(siteMinutesQuery(this.#plan));
  }

  async compare(stretches: readonly Stretch[], asOfMs: number | null, nowMs: number): Promise<void> {
    for (const stretch of stretches) {
      await this.#comparePoints(stretch, asOfMs);
      await this.#compareSite(stretch, asOfMs, nowMs);
    }
  }

  result(): Pick<Checked, 'figures' | 'wrong' | 'greatest' | 'restated'> {
    const greatest = this.#differences.reduce((most, { relative }) => Math.max(most, relative), 0);
    const wrong = this.#differences.filter(({ relative }) => !(relative <= TOLERANCE)).slice(0, 20);
    return { figures: this.#known.size, wrong, greatest, restated: this.#restated };
  }

  async #account(point: string, changes: readonly Change[]): Promise<void> {
    const channels: readonly string[] = this.#meters.find((meter) => meter.point === point)?.channels ?? [];
    const question = {
      pointId: this.#idOf(point),
      hasPower: channels.includes('power'),
      isOneWay: channels.includes('energy'),
      changes,
    };
    const [still] = await this.#ask(stillQuery(question));
    if (Number(still?.[0]) > 0 && changes.length > 0) throw new Error(`${point}: the register stands still`);
    await this.#connection.run(minutesQuery(question));
  }

  async #comparePoints({ name, fromMs, toMs }: Stretch, asOfMs: number | null): Promise<void> {
    const pointIds = this.#meters.map(({ point }) => this.#idOf(point));
    const sums = await pointSumsOf(this.#sources(), pointIds, [fromMs, toMs], asOfMs);
    const rows = new Map(
      (await this.#ask(pointSumsQuery(fromMs, toMs))).map(([point, ...row]) => [Number(point), row]),
    );
    for (const pointId of pointIds) {
      const sum = sums.find((candidate) => candidate.pointId === pointId);
      const own = [sum?.energyWh, sum?.estimatedWh, sum?.exportWh, sum?.measuredMs, sum?.estimatedMs, sum?.bridgedMs];
      const what = ['energy', 'estimated energy', 'energy fed back', 'measured time', 'estimated time', 'bridged time'];
      const title = `${name}, ${this.#exported.points[pointId]}`;
      what.forEach((figure, index) => {
        this.#note(`${title}: ${figure}`, own[index] ?? 0, Number(rows.get(pointId)?.[index] ?? 0));
      });
    }
  }

  async #compareSite({ name, fromMs, toMs }: Stretch, asOfMs: number | null, nowMs: number): Promise<void> {
    const [row = []] = await this.#ask(siteSumsQuery(LEVELS.length, fromMs, toMs));
    const [supplyWh = 0, supplyMs = 0, ...byLevel] = row.map(Number);
    const [sum] = await siteSums(this.#sources(), this.#site, [fromMs, toMs], asOfMs);
    this.#note(`${name}: total`, sum?.supplyWh ?? 0, supplyWh);
    this.#note(`${name}: time of the total`, sum?.supplyMs ?? 0, supplyMs);
    for (const [index, level] of LEVELS.entries()) {
      const of = sum?.levels[index + 1];
      const [itWh = 0, itMs = 0, totalWh = 0, pairedItWh = 0, pairedMs = 0] = byLevel.slice(5 * index);
      this.#note(`${name}: IT, ${level}`, of?.itWh ?? 0, itWh);
      this.#note(`${name}: time of the IT, ${level}`, of?.itMs ?? 0, itMs);
      this.#note(`${name}: paired total, ${level}`, of?.pairedTotalWh ?? 0, totalWh);
      this.#note(`${name}: paired IT, ${level}`, of?.pairedItWh ?? 0, pairedItWh);
      this.#note(`${name}: paired time, ${level}`, of?.pairedMs ?? 0, pairedMs);
    }
    const kpis = await siteKpis(this.#figuresOf(), this.#site, { name, fromMs, toMs }, { nowMs, asOfMs });
    const [, , totalWh = 0, itWh = 0, pairedMs = 0] = byLevel.slice(5 * (kpis.itLevel.index - 1));
    this.#note(`${name}: PUE`, kpis.pue ?? 0, totalWh / itWh);
    this.#note(`${name}: coverage`, kpis.coverage ?? 0, pairedMs / (toMs - fromMs));
  }

  /** Everything is in the store by then. */
  #sources(): Sources {
    return stored(this.#rig.store, this.#site);
  }

  #figuresOf(): Figures {
    const sources = this.#sources();
    return {
      siteSums: (site, edges, asOfMs) => siteSums(sources, site, edges, asOfMs),
      pointSumsOf: (ids, edges, asOfMs) => pointSumsOf(sources, ids, edges, asOfMs),
      importedIntervals: () => new Map(),
    } as Partial<Figures> as Figures;
  }

  #note(what: string, collector: number, query: number): void {
    const greater = Math.max(Math.abs(collector), Math.abs(query));
    const difference = Math.abs(collector - query);
    this.#differences.push({ what, collector, query, relative: greater === 0 ? 0 : difference / greater });
    const before = this.#known.get(what);
    if (before !== undefined && Math.abs(before - query) > TOLERANCE * greater) this.#restated++;
    this.#known.set(what, query);
  }

  #idOf(point: string): number {
    return this.#exported.points.indexOf(point);
  }

  async #ask(sql: string): Promise<unknown[][]> {
    return (await this.#connection.runAndReadAll(sql)).getRows();
  }
}

const HOUR_MS = 3_600_000;

/**
 * Local midnights of the years that plans are of, without a time-zone library: the clocks of Berlin are an hour before UTC,
 * and two from 01:00 UTC of the last Sunday of March to that of October (Directive 2000/84/EC).
 */
export function midnightMs(year: number, month: number, day: number): number {
  const ms = Date.UTC(year, month - 1, day);
  return ms - (isSummer(ms - HOUR_MS) ? 2 : 1) * HOUR_MS;
}

function isSummer(ms: number): boolean {
  const year = new Date(ms).getUTCFullYear();
  const lastSunday = (month: number): number => {
    const last = new Date(Date.UTC(year, month, 0));
    return Date.UTC(year, month - 1, last.getUTCDate() - last.getUTCDay(), 1);
  };
  return ms >= lastSunday(3) && ms < lastSunday(10);
}
