import t from 'tap';
import { MINUTE_MS } from '../../src/accounting/interval.ts';
import { PointColumns } from '../../src/accounting/point-columns.ts';
import type { Change } from '../../src/corrections/change.ts';
import { Fold } from '../../src/fold.ts';
import { encodeBlock } from '../../src/import/block.ts';
import type { RefoldJob } from '../../src/restatement/job.ts';
import { row, T0 } from '../site/example.ts';

/** A fold with an import of the minutes 10 to 20 of the point 0, and 30 to 40 of 1; each minute but 15 is told of. */
function imported() {
  const fold = new Fold({ position: 0, log: { segment: 0, offset: 0 }, hash: '' });
  fold.site({ group: 'default', site: 'dc-1' });
  for (const name of ['main', 'ups']) fold.point({ siteId: 0, point: name });
  const jobs: RefoldJob[] = [];
  const restater = {
    directory: '/log',
    refold: async function* (job: RefoldJob) {
      jobs.push(job);
      const first = [10, 30];
      const rows = job.request.points.flatMap(({ pointId }) =>
        Array.from({ length: 10 }, (_, index) => row(pointId, 1, {}, (first[pointId] as number) + index)),
      );
      yield PointColumns.of(rows.filter(({ startMs }) => startMs !== T0 + 15 * MINUTE_MS));
      return [];
    },
  };
  const bring = (id: string, pointId: number, from: number): void => {
    if (fold.imports.find(id) === undefined)
      fold.imports.begin(id, 0, { by: 'A', reason: 'B', files: [], mapping: '' });
    const atMs = Float64Array.from({ length: 10 }, (_, index) => T0 + (from + index) * MINUTE_MS);
    const form = { isMean: true, isEstimated: false, intervalMs: MINUTE_MS };
    const block = encodeBlock({ ...form, atMs, values: new Float64Array(10) });
    fold.imports.add(id, { pointId, channel: 'power', use: 'power' }, block, { segment: 0, offset: 0 });
  };
  bring('1', 0, 10);
  bring('1', 1, 30);
  const record = (change: Change): void => {
    const id = String(fold.corrections.all.length + 1);
    fold.corrections.add({ by: 'A', reason: 'B', change, id, siteId: 0, recordedMs: T0 });
  };
  /** What is kept of a minute of each point. */
  const kept = async (...minutes: readonly (readonly [pointId: number, minute: number])[]): Promise<unknown[]> => {
    const rows = PointColumns.of(minutes.map(([pointId, minute]) => row(pointId, 5, {}, minute)));
    const left = await fold.importedMinutes.without(rows, fold, restater);
    return [...left].map(({ pointId, startMs }) => [pointId, (startMs - T0) / MINUTE_MS]);
  };
  return { fold, jobs, record, kept, restater };
}

t.test('what agents read of imported minutes is left out, and of no others', async (t) => {
  const { jobs, record, kept } = imported();
  t.same(await kept([0, 12]), [[0, 12]], 'nothing is committed');
  record({ kind: 'import', import: '1' });
  t.same(await kept([0, 9], [0, 20], [1, 12], [1, 29], [1, 40], [1, 99]), [
    [0, 9],
    [0, 20],
    [1, 12],
    [1, 29],
    [1, 40],
    [1, 99],
  ]);
  t.equal(jobs.length, 0, 'no import is read for them');
  t.same(await kept([0, 9], [0, 10], [0, 15], [0, 19], [0, 20], [1, 12]), [
    [0, 9],
    [0, 15],
    [0, 20],
    [1, 12],
  ]);
  t.same(await kept([0, 14], [1, 30], [1, 31], [1, 40]), [[1, 40]]);
  t.same(
    jobs.map(({ request, agents, told }) => [request.points.map(({ pointId }) => pointId), agents, told]),
    [
      [[0], null, []],
      [[1], null, []],
    ],
    'each point is read once',
  );
});

t.test('another correction on record has the imports read again', async (t) => {
  const { jobs, record, kept } = imported();
  record({ kind: 'import', import: '1' });
  t.same(await kept([0, 12]), []);
  record({ kind: 'acknowledge', finding: 'x' });
  t.same(await kept([0, 12]), []);
  t.equal(jobs.length, 2);
  record({ kind: 'withdraw', correction: '1' });
  t.same(await kept([0, 12]), [[0, 12]]);
  t.equal(jobs.length, 2);
});
