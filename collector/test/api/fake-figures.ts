import type { Channel } from '@wattmark/shared/channels';
import { energyRoles, type Role } from '@wattmark/shared/roles';
import {
  type GaugeInterval,
  type GaugeMean,
  MINUTE_MS,
  type PointInterval,
  QUARTER_MS,
  type Span,
} from '../../src/accounting/interval.ts';
import { CorrectionBook, type RecordedCorrection } from '../../src/corrections/book.ts';
import type { AgentFigures, ChannelValue, Figures, Health, Live } from '../../src/figures.ts';
import type { SiteNotes } from '../../src/findings/notes.ts';
import { atLevel } from '../../src/kpi/level.ts';
import type { MirrorState } from '../../src/mirror/mirror.ts';
import { minutesOf, partialBalancesOf, siteMinutes } from '../../src/site/balance.ts';
import { sumPointIntervals, sumSiteIntervals } from '../../src/site/interval-sum.ts';
import type { EnergyCount } from '../../src/site/energy-counters.ts';
import type { Site } from '../../src/site/site.ts';
import { point, site } from '../site/example.ts';

/** 2026-10-05T06:03:20Z: in Shanghai the same day, in the afternoon. */
export const NOW_MS = Date.parse('2026-10-05T06:03:20Z');

const meter = { manufacturer: 'Eastron', model: 'SDM630', serial: '2107', ctRatio: 40 };
const exact = { accuracyClass: '0.5S', agent: 'agent-1', source: 'modbus', meter } as const;

export const hall: Site = site(
  [
    point(1, 'utility', { ...exact, point: 'utility-a', name: 'Utility feed A', simulated: true, feeds: ['ups-1'] }),
    point(2, 'it', { ...exact, point: 'ups-1', level: 'ups-output' }),
    point(3, 'cooling', { ...exact, point: 'crac-1', channels: ['power', 'temperature'] }),
    point(null, null, { point: 'host-7', method: 'from processor load' }),
  ],
  { site: 'dc-1', name: 'Demo hall', timezone: 'Asia/Shanghai', target: 'gb-40879-grade-2-1.3' },
);

export const station: Site = site(
  [point(4, 'utility', { ...exact, point: 'grid' }), point(5, 'telecom', { ...exact, point: 'rru-1' })],
  {
    siteId: 2,
    site: 'bs-1',
    name: 'Station 1',
    kind: 'base-station',
    timezone: 'Asia/Kathmandu',
    baseline: { kwhPerDay: 125, source: 'bills of 2019' },
  },
);

/** A mirror that is away. */
const mirror: MirrorState = {
  mirror: 'fleet',
  url: 'http://192.0.2.1:8086',
  problem: 'InfluxDB at http://192.0.2.1:8086 cannot be reached (connect ECONNREFUSED)',
  waitingLines: 1200,
  queueBytes: 60_000,
  behindMs: 90_000,
  sentLines: 5000,
  rejectedLines: 2,
  droppedLines: 30,
};

/** Mean power of each point by number, W; the sixth counts litres. */
const powerW: Readonly<Record<number, number>> = { 1: 1250, 2: 1000, 3: 200, 4: 5000, 5: 4000, 6: 2, 7: 250, 8: 800 };

interface Knobs {
  /** From when on there are data; up to now. */
  readonly sinceMs: number;
  readonly sites: readonly Site[];
  /** Minutes, or quarter-hours, that are missing. */
  readonly isMissing: (startMs: number, pointId: number) => boolean;
}

/** A collector that has measured constant powers since some time; everything follows from the knobs and the instant. */
export class FakeFigures implements Figures {
  readonly #knobs: Knobs;
  readonly #listeners = new Set<(site: string) => void>();
  problem: string | null = null;
  itW: number | null = 1000;
  noted: SiteNotes = { incidents: [], clocks: [], registers: [], meters: [] };
  readonly book: CorrectionBook = new CorrectionBook();
  /** What was asked of the sums, for tests of what is passed on. */
  readonly asked: { boundariesMs: readonly number[]; asOfMs: number | null }[] = [];

  constructor(knobs: Partial<Knobs> = {}) {
    this.#knobs = { sinceMs: NOW_MS - 86_400_000, sites: [hall, station], isMissing: () => false, ...knobs };
  }

  sites(): readonly Site[] {
    return this.#knobs.sites;
  }

  site(id: string): Site | undefined {
    return this.sites().find((candidate) => candidate.site === id);
  }

  live(id: string): Live {
    const byRole: Partial<Record<Role, number | null>> = { utility: 1250, it: this.itW, cooling: null };
    const ratio = this.itW === null ? null : 1250 / this.itW;
    const stale = this.itW === null ? ['crac-1', 'ups-1'] : ['crac-1'];
    const of = {
      site: id,
      atMs: NOW_MS - 2000,
      totalFrom: 'supply',
      level: id === 'dc-1' ? 'ups-output' : null,
    } as const;
    return { ...of, totalW: 1250, itW: this.itW, ratio, byRole, stale };
  }

  energy({ site: id }: Site): EnergyCount | null {
    if (id !== 'dc-1') return null;
    const roleWh = energyRoles.map((role) => (role === 'utility' ? 1250 : null));
    return { totalWh: 1250, itWh: 1000.5, pairedTotalWh: 1200, pairedItWh: 960, pairedMs: 3_456_000, roleWh };
  }

  channelValues(_: string, id: string): readonly ChannelValue[] {
    if (id !== 'utility-a') return [];
    return [
      { channel: 'power', value: 1250, quality: 'measured', atMs: NOW_MS - 2000 },
      { channel: 'energy', value: 92_114_503.2, quality: 'measured', atMs: NOW_MS - 12_000 },
    ];
  }

  agents(): readonly AgentFigures[] {
    const known = { lastSeenMs: NOW_MS - 1000, epoch: '01KA9X', seq: 42, clockSkewMs: 120, spoolDepth: 3 };
    const since = NOW_MS - 60_000;
    const failure = { source: 'modbus 192.0.2.10', state: 'absent', since, reason: 'ECONNREFUSED' } as const;
    const counts = { lost: 7, duplicates: 2, rejected: 1 };
    const unknown = { lastSeenMs: null, epoch: null, seq: null, clockSkewMs: null, spoolDepth: null, sources: null };
    return [
      {
        agent: 'agent-1',
        site: 'dc-1',
        group: 'default',
        state: 'online',
        software: 'wattmark-agent/0.1.0',
        sources: { total: 2, failing: [failure] },
        ...known,
        ...counts,
      },
      { agent: 'agent-2', site: 'bs-1', group: 'default', state: 'unknown', software: null, ...unknown, ...counts },
    ];
  }

  notes(): SiteNotes {
    return this.noted;
  }

  corrections(of: Site): readonly RecordedCorrection[] {
    return this.book.recorded(of.siteId, () => null);
  }

  importedIntervals(): ReadonlyMap<number, number> {
    return new Map();
  }

  health(): Health {
    const rejected = { 'out-of-range': 3, 'unknown "channel"\n': 1 };
    return {
      problem: this.problem,
      counters: { messages: 12, lost_messages: 7 },
      rejected,
      gauges: { evidence_bytes: 4096 },
      mirrors: [mirror],
    };
  }

  onLive(listener: (site: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** As if a reading of the site had arrived. */
  announce(id: string): void {
    for (const listener of this.#listeners) listener(id);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  async siteMinutes(of: Site, span: Span, asOfMs: number | null) {
    this.asked.push({ boundariesMs: [span.fromMs, span.toMs], asOfMs });
    const rows = of.points.flatMap(({ pointId }) => (pointId === null ? [] : this.#rows(pointId, span, MINUTE_MS)));
    return siteMinutes(of, rows).map(({ siteId: _, partial: __, ...minute }) => ({
      ...minute,
      endMs: minute.startMs + MINUTE_MS,
    }));
  }

  async siteSums(of: Site, boundariesMs: readonly number[], asOfMs: number | null) {
    this.asked.push({ boundariesMs, asOfMs });
    const ids = of.points.flatMap(({ pointId }) => (pointId === null ? [] : [pointId]));
    const rows = ids.flatMap((pointId) => this.#rows(pointId, spanOf(boundariesMs), QUARTER_MS));
    return sumSiteIntervals(siteMinutes(of, rows), boundariesMs);
  }

  async partialSums(of: Site, partial: string, boundariesMs: readonly number[]) {
    const balance = partialBalancesOf(of).find((candidate) => candidate.partial === partial);
    if (balance === undefined) throw new RangeError(partial);
    const ids = of.points.flatMap(({ pointId }) => (pointId === null ? [] : [pointId]));
    const rows = ids.flatMap((pointId) => this.#rows(pointId, spanOf(boundariesMs), QUARTER_MS));
    return sumSiteIntervals(minutesOf(balance, rows), boundariesMs).map((sum) => atLevel(sum, 0));
  }

  async pointMinutes(pointId: number, span: Span): Promise<PointInterval[]> {
    return this.#rows(pointId, span, MINUTE_MS);
  }

  async pointSumsOf(pointIds: readonly number[], boundariesMs: readonly number[]): Promise<PointInterval[]> {
    const rows = pointIds.flatMap((pointId) => this.#rows(pointId, spanOf(boundariesMs), QUARTER_MS));
    return sumPointIntervals(rows, boundariesMs);
  }

  async pointQuarters(pointIds: readonly number[], startsMs: readonly number[]): Promise<PointInterval[]> {
    const quarter = (pointId: number, fromMs: number) =>
      this.#rows(pointId, { fromMs, toMs: fromMs + QUARTER_MS }, QUARTER_MS);
    return startsMs.flatMap((startMs) => pointIds.flatMap((pointId) => quarter(pointId, startMs)));
  }

  async gaugeMinutes(pointId: number, { fromMs }: Span): Promise<GaugeInterval[]> {
    if (pointId !== 3) return [];
    return [{ pointId, channel: 'temperature', startMs: fromMs, min: 21, mean: 22.5, max: 24, samples: 6 }];
  }

  async gaugeMeansOf(pointIds: readonly number[], _: Channel, { fromMs, toMs }: Span): Promise<GaugeMean[]> {
    const measuredMs = Math.max(0, Math.min(toMs, NOW_MS) - Math.max(fromMs, this.#knobs.sinceMs));
    return measuredMs === 0 ? [] : pointIds.map((pointId) => ({ pointId, mean: 10 * pointId, measuredMs }));
  }

  /** Rows of minutes, or of quarter-hours for long spans; the last one ends now. */
  #rows(pointId: number, { fromMs, toMs }: Span, lengthMs: number): PointInterval[] {
    const { sinceMs, isMissing } = this.#knobs;
    const rows: PointInterval[] = [];
    const firstMs = Math.ceil(Math.max(fromMs, sinceMs) / lengthMs) * lengthMs;
    for (let startMs = firstMs; startMs < Math.min(toMs, NOW_MS); startMs += lengthMs) {
      const measuredMs = Math.min(lengthMs, NOW_MS - startMs);
      if (isMissing(startMs, pointId)) continue;
      const energyWh = ((powerW[pointId] ?? 0) * measuredMs) / 3_600_000;
      const nothingElse = { estimatedWh: 0, exportWh: 0, estimatedMs: 0, bridgedMs: 0 };
      rows.push({ pointId, startMs, energyWh, minW: 1, maxW: 2, measuredMs, ...nothingElse });
    }
    return rows;
  }
}

function spanOf(boundariesMs: readonly number[]): Span {
  return { fromMs: boundariesMs[0] as number, toMs: boundariesMs.at(-1) as number };
}
