import t from 'tap';
import { MINUTE_MS, type PointInterval, type Span } from '../../src/accounting/interval.ts';
import { CollectorFigures } from '../../src/collector-figures.ts';
import { type Effect, effectOf } from '../../src/corrections/effect.ts';
import { tryEntry } from '../../src/corrections/trial.ts';
import { evidenceDirectory } from '../../src/restore.ts';
import { refoldLog } from '../../src/restatement/refold-log.ts';
import type { RecordedCorrection } from '../../src/corrections/book.ts';
import { sumPointIntervals } from '../../src/site/interval-sum.ts';
import { FakeFigures, hall, NOW_MS } from '../api/fake-figures.ts';
import { row } from '../site/example.ts';
import { Rig, START, scratch } from '../support/rig.ts';

/** Of a replaced meter: its register of what was drawn goes on, that of what was fed back begins anew after 20 minutes. */
const drawnWh = (seconds: number): number => 1_000 + (6_000 * seconds) / 3_600;
const fedBackWh = (seconds: number): number => (seconds < 1_205 ? 50_000 : -1_200) + (3_600 * seconds) / 3_600;

t.test(
  'a correction that changes nothing but what was fed back says so, before and after it is on record',
  async (t) => {
    const data = scratch(t);
    const rig = await Rig.open(data);
    t.teardown(async () => rig.close());
    const points = [{ point: 'main', role: 'utility', channels: ['energy', 'energy-export'], intervalMs: 10_000 }];
    rig.send('birth', { v: 1, epoch: 'E', firstSeq: 1, at: START, software: 'test', points });
    for (let seconds = 0; seconds <= 1_800; seconds += 10) {
      rig.nowMs = START + seconds * 1_000;
      const readings = [
        ['main', 'energy', drawnWh(seconds)],
        ['main', 'energy-export', fedBackWh(seconds)],
      ];
      rig.send('readings', { v: 1, epoch: 'E', seq: seconds / 10 + 1, at: rig.nowMs, readings });
      if (seconds % 60 === 0) rig.pipeline.tick();
      await rig.settle();
    }
    await rig.recorder.idle();
    const { fold, ingest, live, recorder, rollup, store, energy } = rig;
    const known = { fold, ingest, live, recorder, rollup, store, energy, problem: () => null };
    const figures = new CollectorFigures({ ...known, evidenceBytes: () => 0, mirrors: () => [] });
    const site = fold.registry.site(0);
    const at = START + 1_205 * 1_000;
    const values = { oldLast: 50_000 + 1_205, newFirst: 5 };
    const entry = {
      by: 'auditor',
      reason: 'the register for export was replaced',
      change: { kind: 'replacement', point: 'main', channel: 'energy-export', at, ...values },
    } as const;
    const restater = { directory: evidenceDirectory(data), refold: refoldLog };
    const [tried] = await tryEntry({ fold, restater, figures }, site, entry, rig.nowMs);
    await rig.pipeline.correct(0, entry);
    await rig.settle();
    const [made] = figures.corrections(site);
    if (made === undefined) throw new Error('no correction');
    const effect = (await effectOf(figures, site, made)) as Effect;
    t.equal(effect.span.fromMs, START);
    const [point] = effect.points;
    const [month] = tried?.months ?? [];
    t.equal(tried?.span?.toMs, START + 21 * MINUTE_MS);
    for (const { before, after } of [point, month].filter((one) => one !== undefined)) {
      t.equal(after.energyWh, before.energyWh);
      t.equal(after.measuredMs, before.measuredMs);
      // Ten seconds of 3.6 kW were lost with the register.
      t.ok(Math.abs(before.exportWh - 1_790) < 1e-6 && Math.abs(after.exportWh - 1_800) < 1e-6, `${after.exportWh} Wh`);
    }
  },
);

/** Days from midnight in Shanghai at the beginning of September 2026. */
const day = (days: number): number => Date.UTC(2026, 7, 31, 16) + days * 86_400_000;

/** Quarter-hours that a correction of that instant restated, beside those that were known before. */
class RestatedFigures extends FakeFigures {
  /** As they were asked for first. */
  edges: readonly number[] = [];
  readonly before: readonly PointInterval[];
  readonly after: readonly PointInterval[];

  constructor(before: readonly PointInterval[], after: readonly PointInterval[]) {
    super();
    this.before = before;
    this.after = after;
  }

  override async pointSumsOf(
    pointIds: readonly number[],
    edgesMs: readonly number[],
    asOfMs: number | null = null,
  ): Promise<PointInterval[]> {
    if (this.edges.length === 0) this.edges = edgesMs;
    const rows = (asOfMs ?? 0) < NOW_MS ? this.before : this.after;
    return sumPointIntervals(
      rows.filter(({ pointId }) => pointIds.includes(pointId)),
      edgesMs,
    );
  }
}

const on = (days: number, energyWh: number, more: Partial<PointInterval> = {}): PointInterval =>
  row(2, energyWh, { startMs: day(days) + 3_600_000, ...more });

const corrected = (span: Span | null, points: readonly string[] = ['ups-1']): RecordedCorrection => {
  const change = { kind: 'acknowledge', finding: 'x' } as const;
  const record = { by: 'A', reason: 'B', change, id: '1', siteId: 1, recordedMs: NOW_MS };
  return { ...record, effective: change, withdrawal: null, points, span };
};

const daysOf = ({ fromMs, toMs }: Span): number[] => [fromMs, toMs].map((ms) => (ms - day(0)) / 86_400_000);

t.test('the effect is told from the first to the last day that differs', async (t) => {
  const before = [on(3, 10), on(5, 10), on(8, 10), on(9, 10), row(3, 7, { startMs: day(5) })];
  const after = [on(3, 10), on(5, 12), on(8, 10), on(9, 10, { measuredMs: 1 }), row(3, 8, { startMs: day(20) })];
  const span = { fromMs: day(4), toMs: day(30) };
  const figures = new RestatedFigures(before, after);
  const effect = (await effectOf(figures, hall, corrected(span))) as Effect;
  t.same(daysOf(effect.span), [5, 10]);
  t.match(effect.points, [
    { point: 'ups-1', before: { energyWh: 30, measuredMs: 180_000 }, after: { energyWh: 32, measuredMs: 120_001 } },
  ]);
  t.equal(effect.points.length, 1);
  t.equal(effect.siteBefore.period.name, '2026-09-05T16:00:00Z/2026-09-10T16:00:00Z');
  // 31 days about it, in which a register can carry energy, but not beyond the correction.
  t.same([figures.edges[0], figures.edges.at(-1)], [day(4 - 31), day(35)]);
  const both = (await effectOf(figures, hall, corrected(span, ['crac-1', 'ups-1']))) as Effect;
  t.same(daysOf(both.span), [5, 21]);
  t.same(
    both.points.map(({ point, before, after }) => [point, before.energyWh, after.energyWh]),
    [
      ['ups-1', 30, 32],
      ['crac-1', 7, 8],
    ],
  );
  t.equal(await effectOf(figures, hall, corrected(null)), null);
  t.same([...new Set(figures.asked.map(({ asOfMs }) => asOfMs))], [NOW_MS - 1, NOW_MS]);
  const fedBack = [on(5, 10, { exportWh: 1 }), on(7, 10, { estimatedMs: 1 })];
  const other = (await effectOf(new RestatedFigures([on(5, 10), on(7, 10)], fedBack), hall, corrected(span))) as Effect;
  t.same(daysOf(other.span), [5, 8]);
});

t.test('where nothing differs it is of the days that the correction touches', async (t) => {
  const figures = new RestatedFigures([], []);
  const spanOf = async (fromMs: number, toMs: number): Promise<number[]> =>
    daysOf(((await effectOf(figures, hall, corrected({ fromMs, toMs }))) as Effect).span);
  t.same(await spanOf(day(4), day(5)), [4, 5]);
  t.same(await spanOf(day(4) + 1, day(5) + 1), [4, 6]);
  t.same(await spanOf(day(4) - 1, day(5)), [3, 5]);
  t.same(await spanOf(day(4), day(4)), [4, 5], 'one at least');
  // The day under way ends with the next midnight.
  t.same(await spanOf(day(33), Number.POSITIVE_INFINITY), [33, 35]);
});

t.test('of more than three thousand days it is told by months', async (t) => {
  const figures = new RestatedFigures([on(5, 10)], [on(5, 12)]);
  const of = async (days: number): Promise<number[]> =>
    daysOf(((await effectOf(figures, hall, corrected({ fromMs: day(34 - days), toMs: day(34) }))) as Effect).span);
  t.same(await of(3_000), [5, 6]);
  t.same(await of(3_001), [0, 30]);
});
