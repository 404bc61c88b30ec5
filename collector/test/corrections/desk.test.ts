import t from 'tap';
import type { PointInterval, Span } from '../../src/accounting/interval.ts';
import { MINUTE_MS } from '../../src/accounting/interval.ts';
import { PointColumns } from '../../src/accounting/point-columns.ts';
import type { Change, Correction, CorrectionEntry } from '../../src/corrections/change.ts';
import { PipelineDesk } from '../../src/corrections/desk.ts';
import type { TrialPoint } from '../../src/corrections/trial.ts';
import { newColumns } from '../../src/evidence/record.ts';
import { Fold } from '../../src/fold.ts';
import type { RefoldJob } from '../../src/restatement/job.ts';
import { sumPointIntervals } from '../../src/site/interval-sum.ts';
import { point, row as rowOf, site, T0 } from '../site/example.ts';

/** Minutes since the beginning of March, UTC; in Shanghai it is 8:00 then. */
const at = (minutes: number): number => T0 + minutes * MINUTE_MS;
const DAY_MIN = 1_440;
const NOW_MS = at(31 * DAY_MIN) + 30_000;

const hall = site([point(0, 'utility', { point: 'main' }), point(1, 'it', { point: 'ups' })], {
  siteId: 0,
  timezone: 'Asia/Shanghai',
});

const row = (minute: number, energyWh: number, more: Partial<PointInterval> = {}): PointInterval =>
  rowOf(0, energyWh, more, minute);
const entryOf = (change: Change): CorrectionEntry => ({ by: 'A', reason: 'B', change });
const voided: Change = { kind: 'void', point: 'main', from: at(0), to: at(10) };

interface Given {
  /** What is known of the point `main`. */
  readonly known?: readonly PointInterval[];
  /** What accounting it again gives. */
  readonly rows?: readonly PointInterval[];
}

/** A desk over a fold whose readings are read again as it is given. */
function deskOf({ known = [], rows = [] }: Given = {}) {
  const fold = new Fold({ position: 0, log: { segment: 0, offset: 0 }, hash: '' });
  fold.site({ group: 'default', site: 'dc-1' });
  for (const name of ['main', 'ups']) fold.point({ siteId: 0, point: name });
  fold.agent('hall', 0);
  fold.slot({ agentId: 0, pointId: 0, channel: 'power' });
  fold.readings({ agentId: 0, seq: 1, atMs: at(0), receivedMs: at(0) }, { ...newColumns(1), count: 1 });
  const jobs: RefoldJob[] = [];
  const waiting: (() => void)[] = [];
  const desk = new PipelineDesk({
    fold,
    restater: {
      directory: '/log',
      refold: async function* (job) {
        jobs.push(job);
        yield PointColumns.of(rows);
        return [];
      },
    },
    figures: {
      pointMinutes: async (pointId: number, { fromMs, toMs }: Span) =>
        known.filter((one) => one.pointId === pointId && one.startMs >= fromMs && one.startMs < toMs),
      pointSumsOf: async (pointIds: readonly number[], edgesMs: readonly number[]) =>
        sumPointIntervals(
          known.filter(({ pointId }) => pointIds.includes(pointId)),
          edgesMs,
        ),
    },
    pipeline: {
      correct: async (siteId: number, entry: CorrectionEntry): Promise<Correction> => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        const id = String(fold.corrections.all.length + 1);
        const made = { ...entry, id, siteId, recordedMs: NOW_MS };
        fold.corrections.add(made);
        return made;
      },
    },
    now: () => NOW_MS,
  });
  return { desk, jobs, waiting, fold };
}

t.test('one entry is held against all before it, and a hundred wait', async (t) => {
  const { desk, waiting } = deskOf();
  const entered = Array.from({ length: 100 }, () => desk.enter(hall, entryOf(voided)));
  const outcomes = Promise.allSettled(entered);
  await t.rejects(desk.enter(hall, entryOf(voided)), { kind: 'busy', message: /^100 corrections wait already/ });
  while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
  t.equal(waiting.length, 1, 'one after the other');
  waiting.pop()?.();
  const [first, ...others] = await outcomes;
  t.equal(first?.status, 'fulfilled');
  t.ok(others.every((other) => other.status === 'rejected' && (other.reason as { kind: string }).kind === 'conflict'));
  const again = desk.enter(hall, entryOf({ ...voided, to: at(20) }));
  while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
  waiting.pop()?.();
  t.equal((await again).id, '2', 'and then there is room');
});

t.test('one entry is tried at a time, and only what could be put on record', async (t) => {
  const { desk, jobs, fold } = deskOf();
  const first = desk.try(hall, entryOf(voided));
  await t.rejects(desk.try(hall, entryOf(voided)), { kind: 'busy', message: /^another dry run is under way/ });
  await first;
  await t.rejects(desk.try(hall, entryOf({ ...voided, point: 'nope' })), {
    kind: 'invalid',
    message: /no readings of a point nope/,
  });
  t.same(await desk.try(hall, entryOf(voided)), [{ point: 'main', span: null, months: [] }]);
  t.equal(jobs.length, 2);
  t.equal(jobs[0]?.request.closedMs, at(31 * DAY_MIN + 1), 'with the minute under way');
  t.equal(fold.corrections.all.length, 0);
  t.same(jobs[0]?.request.points[0]?.adjustments.voids, [{ fromMs: at(0), toMs: at(10) }]);
  t.same(await desk.try(hall, entryOf({ kind: 'structure', from: at(0) })), []);
});

/** Months of a try, name by name: energies and times before and after. */
const monthsOf = ([tried]: readonly TrialPoint[]): unknown[] =>
  (tried?.months ?? []).map(({ period, before, after }) => [
    period.name,
    ...[before, after].map(({ energyWh, exportWh, measuredMs, estimatedMs }) => [
      energyWh,
      exportWh,
      measuredMs / MINUTE_MS,
      estimatedMs / MINUTE_MS,
    ]),
  ]);

const factor: Change = { kind: 'factor', point: 'main', from: at(0), factor: 2 };

t.test('what an entry would change is told by months of the site', async (t) => {
  // April begins in Shanghai at 16:00 UTC of the last of March.
  const april = 31 * DAY_MIN - 480;
  const known = [
    row(0, 10),
    row(april - 2, 10),
    row(april - 1, 20),
    row(april, 30, { estimatedMs: 30_000, measuredMs: 30_000 }),
  ];
  const rows = [row(april - 1, 999), row(april - 1, 25), row(april, 34), row(april + 1, 1)];
  const tried = await deskOf({ known, rows }).desk.try(hall, entryOf(factor));
  t.same(tried[0]?.span, { fromMs: at(april - 1), toMs: at(april + 2) });
  t.same(tried[0]?.months[0]?.period, { fromMs: at(-480), toMs: at(april), name: '2026-03' });
  t.same(monthsOf(tried), [
    ['2026-03', [40, 0, 3, 0], [45, 0, 3, 0]],
    ['2026-04', [30, 0, 0.5, 0.5], [35, 0, 2, 0]],
  ]);
});

t.test('minutes of several days are told of, and those that stay as they are are not', async (t) => {
  const minutes = [1, DAY_MIN - 1, DAY_MIN, DAY_MIN + 1, 4 * DAY_MIN + 5];
  const known = minutes.map((minute) => row(minute, 10));
  const rows = [row(1, 11), row(DAY_MIN, 13), row(4 * DAY_MIN + 5, 15)];
  t.same(monthsOf(await deskOf({ known, rows }).desk.try(hall, entryOf(factor))), [
    ['2026-03', [50, 0, 5, 0], [59, 0, 5, 0]],
  ]);
});

t.test('with energy drawn goes what was fed back in the same minutes, and without any all of it', async (t) => {
  const fedBack = (minute: number, exportWh: number): PointInterval => row(minute, 0, { measuredMs: 0, exportWh });
  const paired = await deskOf({
    known: [row(0, 10, { exportWh: 3 }), fedBack(1, 5)],
    rows: [row(0, 10, { exportWh: 4 }), fedBack(1, 7)],
  }).desk.try(hall, entryOf(factor));
  t.same(monthsOf(paired), [['2026-03', [10, 3, 1, 0], [10, 4, 1, 0]]]);
  const alone = await deskOf({ known: [fedBack(1, 5)], rows: [fedBack(1, 7), fedBack(2, 1)] }).desk.try(
    hall,
    entryOf(factor),
  );
  t.same(monthsOf(alone), [['2026-03', [0, 5, 0, 0], [0, 8, 0, 0]]]);
  const nothing = await deskOf({ rows: [row(5, 2)] }).desk.try(hall, entryOf(factor));
  t.same(monthsOf(nothing), [['2026-03', [0, 0, 0, 0], [2, 0, 1, 0]]]);
});
