import t from 'tap';
import { MINUTE_MS } from '../../src/accounting/interval.ts';
import type { Adjustments, EnteredReading } from '../../src/accounting/adjustments.ts';
import { MAX_BRIDGE_MS } from '../../src/accounting/point-account.ts';
import { CorrectionBook } from '../../src/corrections/book.ts';
import type { Change, PointChange } from '../../src/corrections/change.ts';
import { leadOf, reachOf } from '../../src/corrections/reach.ts';
import type { Cursor } from '../../src/evidence/evidence-log.ts';
import { newColumns } from '../../src/evidence/record.ts';
import { Fold } from '../../src/fold.ts';
import { encodeBlock } from '../../src/import/block.ts';
import { type RefoldJob, refoldJobOf } from '../../src/restatement/job.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1);

/** Days since START. */
const day = (days: number): number => START + days * DAY_MS;

/** The place in the log at the beginning of a day. */
const place = (days: number): Cursor => ({ position: days, log: { segment: 0, offset: days }, hash: '' });

/** A site of two points, the first of which an agent reads each day for a hundred days. */
function hundredDays(): Fold {
  const fold = new Fold(place(100));
  fold.site({ group: 'default', site: 'dc-1' });
  for (const point of ['main', 'ups']) fold.point({ siteId: 0, point });
  fold.agent('hall', 0);
  fold.agent('other', 0);
  fold.slot({ agentId: 1, pointId: 0, channel: 'power' });
  for (let days = 0; days < 100; days++) fold.marks.note(place(days), day(days));
  fold.readings({ agentId: 1, seq: 1, atMs: day(99), receivedMs: day(99) }, { ...newColumns(1), count: 1 });
  return fold;
}

function jobOf(fold: Fold, change: Change, changes: readonly Change[] = [change]): RefoldJob | null {
  const book = new CorrectionBook();
  for (const [index, one] of changes.entries())
    book.add({ by: 'A', reason: 'A', change: one, id: String(index + 1), siteId: 0, recordedMs: day(100) });
  return refoldJobOf(fold, '/log', 0, change, book);
}

const reading = (days: number, more: Partial<PointChange> = {}): PointChange =>
  ({ kind: 'reading', point: 'main', channel: 'energy', at: day(days), value: 1_000 + days, ...more }) as PointChange;

t.test('the log is read from a day before the span, or before the value that was entered before', async (t) => {
  const fold = hundredDays();
  const change: PointChange = { kind: 'void', point: 'main', from: day(50), to: day(51) };
  const job = jobOf(fold, change);
  t.same(job?.agents, { from: place(49), until: 100 });
  t.same(job?.request.span, { fromMs: day(50), toMs: day(51) });
  t.equal(job?.request.closedMs, 0);
  t.match(job?.request.points, [{ pointId: 0, intervalMs: 60_000, modulusWh: null, quantity: 'energy' }]);
  t.same(job?.request.points[0]?.owner, { agentId: 1, seenMs: day(49) });
  t.same(job?.catalogue, { sites: fold.catalogue.sites, points: fold.catalogue.points, slots: fold.catalogue.slots });

  const values = [reading(5), reading(10), reading(20), reading(30), reading(60), reading(70)];
  const carried = jobOf(fold, change, [...values, change]);
  t.same(carried?.request.span, { fromMs: day(30), toMs: day(60) + 1 });
  t.same(carried?.agents?.from, place(19));
  t.same(
    carried?.request.points[0]?.adjustments.entered.map(({ atMs }) => atMs),
    [10, 20, 30, 60, 70].map(day),
    'with the last one before the log is read',
  );
  t.equal(jobOf(fold, { ...change, point: 'nope' }), null);
  t.equal(jobOf(fold, { kind: 'structure', from: START }), null);
  t.equal(jobOf(fold, { kind: 'acknowledge', finding: 'x' }), null);
  t.same(jobOf(new Fold(place(0)), change), null);
});

t.test('of a point that no agent reads nothing of the log is', async (t) => {
  const job = jobOf(hundredDays(), { kind: 'void', point: 'ups', from: day(50), to: day(51) });
  t.same(job?.agents, { from: place(49), until: 0 });
  t.equal(job?.request.points[0]?.owner, null);
});

/** An import of one block of means of a point. */
function importOf(fold: Fold, id: string, pointId: number, fromDay: number, toDay: number): void {
  if (fold.imports.find(id) === undefined) fold.imports.begin(id, 0, { by: 'A', reason: 'A', files: [], mapping: '' });
  const block = encodeBlock({
    atMs: Float64Array.of(day(fromDay), day(toDay) - MINUTE_MS),
    values: Float64Array.of(1, 1),
    isMean: true,
    isEstimated: false,
    intervalMs: MINUTE_MS,
  });
  fold.imports.add(id, { pointId, channel: 'power', use: 'power' }, block, { segment: 0, offset: 0 });
}

t.test('the imports that counted for a point then are booked again with it', async (t) => {
  const fold = hundredDays();
  importOf(fold, '1', 0, 10, 49);
  importOf(fold, '1', 1, 10, 60);
  importOf(fold, '2', 0, 51, 60);
  importOf(fold, '3', 0, 10, 48.9);
  importOf(fold, '4', 0, 10, 60);
  const imports = ['1', '2', '3'].map((id): Change => ({ kind: 'import', import: id }));
  const change: PointChange = { kind: 'void', point: 'main', from: day(50), to: day(51) };
  const job = jobOf(fold, change, [...imports, change]);
  const spans = job?.imports.map((series) => series.map(({ pointId, toMs }) => [pointId, toMs]));
  t.same(spans, [[[0, day(49)]], [[0, day(60)]]], 'none that ends a day before the span, or is of another point');
  t.same(job?.told, job?.imports.flat());
  t.same(job?.reaching, []);
  // Entered values may carry energy for a month out of an import that the span touches.
  const longer = jobOf(fold, { ...change, to: day(51) + 1 }, [...imports, { ...change, to: day(51) + 1 }]);
  t.same(longer?.reaching, [fold.imports.find('2')?.series]);
  t.same(longer?.agents?.from, place(50 - 1 - 31));
  t.same(
    longer?.imports.map((series) => series.length),
    [1, 1, 1],
  );
  const factor: PointChange = { kind: 'factor', point: 'main', from: day(50), to: day(55), factor: 2 };
  t.same(jobOf(fold, factor, [...imports, factor])?.reaching, [], 'whole minutes reach no further');
  t.same([jobOf(fold, reading(50))?.request.register, job?.request.register], ['register', null]);
});

t.test('an import that counts lies over what is there; one that no longer does leaves what lies below', async (t) => {
  const fold = hundredDays();
  importOf(fold, '1', 0, 10, 20);
  importOf(fold, '2', 0, 15, 30);
  importOf(fold, '2', 1, 15, 25);
  const [first, second] = ['1', '2'].map((id): Change => ({ kind: 'import', import: id })) as [Change, Change];
  const made = jobOf(fold, second, [first, second]);
  t.equal(made?.agents, null);
  t.same(made?.imports, [fold.imports.find('2')?.series]);
  t.same(made?.told, []);
  t.same(made?.request.span, { fromMs: day(15), toMs: day(30) + 1 });
  t.same(
    made?.request.points.map(({ pointId }) => pointId),
    [0, 1],
  );
  const withdrawn = jobOf(fold, second, [first]);
  t.same(withdrawn?.agents, { from: place(14), until: 100 });
  t.same(withdrawn?.imports, [fold.imports.find('1')?.series]);
  t.same(withdrawn?.told, fold.imports.find('2')?.series);
  const led = jobOf(fold, second, [first, reading(14.5)]);
  t.same(led?.agents?.from, place(13), 'from the earliest of its points');
  const below = jobOf(fold, first, [first, second]);
  t.equal(below?.imports.length, 2, 'one that is not the last');
  t.equal(jobOf(fold, { kind: 'import', import: '9' }), null);
  fold.imports.begin('9', 0, { by: 'A', reason: 'A', files: [], mapping: '' });
  t.equal(jobOf(fold, { kind: 'import', import: '9' }), null, 'nothing in it');
});

t.test(
  'each register carries energy to the next value of its own, and from the last, as far as a gap is bridged',
  async (t) => {
    const entered = (use: 'register' | 'export', atMs: number): EnteredReading => ({
      atMs,
      use,
      value: 1,
      nextFirst: null,
    });
    const of = (...all: readonly EnteredReading[]): Adjustments => ({ voids: [], factors: [], entered: all });
    const span = { fromMs: day(50), toMs: day(51) };
    const most = MAX_BRIDGE_MS;
    t.same(reachOf(span, of()), span);
    const near = of(
      entered('register', day(40)),
      entered('export', day(45)),
      entered('export', day(55)),
      entered('register', day(60)),
    );
    t.same(reachOf(span, near), { fromMs: day(40), toMs: day(60) + 1 });
    const within = of(entered('register', day(50)), entered('register', day(51) - 1));
    t.same(reachOf(span, within), span, 'from its own beginning, and not to its end');
    t.same(reachOf(span, of(entered('export', day(51)))), { ...span, toMs: day(51) + 1 });
    t.same(reachOf(span, of(entered('export', day(50) - most), entered('export', day(51) + most))), {
      fromMs: day(50) - most,
      toMs: day(51) + most + 1,
    });
    t.same(reachOf(span, of(entered('export', day(50) - most - 1), entered('export', day(51) + most + 1))), span);
    t.equal(leadOf(day(50), near.entered), day(40));
    t.equal(leadOf(day(50), []), day(50));
  },
);
