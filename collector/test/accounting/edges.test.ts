import fc from 'fast-check';
import t from 'tap';
import { isEmpty, MINUTE_MS, type PointInterval } from '../../src/accounting/interval.ts';
import { PointAccount } from '../../src/accounting/point-account.ts';
import { parseEntry } from '../../src/corrections/change.ts';
import { Line } from './line.ts';
import { openRows, rowOf } from './rows.ts';

/** What meters and clocks do at the edges of what numbers and calendars can hold. */

const YEAR_END = Date.UTC(2026, 11, 31, 23, 59);

function sumWh(rows: readonly PointInterval[]): number {
  return rows.reduce((sum, { energyWh }) => sum + energyWh, 0);
}

/** Rows of a register read every minute. */
function accountOf(values: readonly number[], fromMs = YEAR_END): PointInterval[] {
  const rows = new Map<number, PointInterval>();
  const account = new PointAccount(0, 3 * MINUTE_MS);
  for (const [index, value] of values.entries()) {
    account.register(fromMs + index * MINUTE_MS, value, false, (id, bucket) => {
      rows.set(bucket.startMs, rowOf(id, bucket));
    });
  }
  for (const row of openRows(account)) rows.set(row.startMs, row);
  return [...rows.values()].filter((row) => !isEmpty(row));
}

t.test('a 64-bit register is exact up to the greatest value that is taken', async (t) => {
  const last = 1e15;
  const rows = accountOf([last - 30, last - 20.125, last - 10, last]);
  t.strictSame(
    rows.map(({ energyWh }) => energyWh),
    [9.875, 10.125, 10],
  );
});

t.test('a register beyond what is taken is refused, whatever its bits', async (t) => {
  const line = new Line();
  const send = (index: number, value: number): void => {
    const at = YEAR_END + index * MINUTE_MS;
    const message = { v: 1, epoch: 'E', seq: index + 1, at, readings: [['main', 'energy', value]] };
    line.send('wattmark/v1/default/dc-1/agent/readings', JSON.stringify(message), at);
  };
  for (const [index, value] of [1e15 - 10, 2 ** 64 - 1, 2 ** 53 + 2, 1e15].entries()) send(index, value);
  line.tick(YEAR_END + 10 * MINUTE_MS, { snapshot: false });
  t.ok(Math.abs(sumWh(line.rows()) - 10) < 1e-9, 'from the first to the last');
  t.ok(
    line.rows().every(({ bridgedMs }) => bridgedMs === 0),
    'three minutes are no gap',
  );
});

t.test('a register in single precision is off by no more than one of its steps, and never drifts', async (t) => {
  const property = fc.property(
    fc.integer({ min: 1, max: 10_000_000 }),
    fc.array(fc.integer({ min: 0, max: 500_000 }), { minLength: 2, maxLength: 60 }),
    (firstKwh, steps) => {
      let kwh = firstKwh;
      const truth = [kwh, ...steps.map((wh) => (kwh += wh / 1000))];
      const rows = accountOf(truth.map((value) => Math.fround(value) * 1000));
      const stepWh = 1000 * 2 ** (Math.floor(Math.log2(kwh)) - 23);
      return Math.abs(sumWh(rows) - (kwh - firstKwh) * 1000) <= stepWh + 1e-6;
    },
  );
  t.doesNotThrow(() => fc.assert(property, { numRuns: 200 }));
});

t.test('the end of a year is a minute like any other', async (t) => {
  const rows = accountOf([0, 10, 20, 30]);
  t.strictSame(
    rows.map(({ startMs, energyWh }) => [startMs - YEAR_END, energyWh]),
    [
      [0, 10],
      [MINUTE_MS, 10],
      [2 * MINUTE_MS, 10],
    ],
  );
});

t.test('a leap second written down is the second before it: UTC milliseconds have none', async (t) => {
  const at = (text: string): unknown =>
    parseEntry({ by: 'a', reason: 'b', change: { kind: 'reading', point: 'main', at: text, value: 1 } });
  t.match(at('2016-12-31T23:59:60Z'), { change: { at: Date.UTC(2016, 11, 31, 23, 59, 59) } });
});

t.test('an agent whose clock is a little ahead is believed, and it is noted', async (t) => {
  const line = new Line();
  const aheadMs = 240_000;
  for (let index = 0; index <= 12; index++) {
    const at = YEAR_END + index * 10_000;
    const message = { v: 1, epoch: 'E', seq: index + 1, at, readings: [['main', 'power', 3600]] };
    line.send('wattmark/v1/default/dc-1/agent/readings', JSON.stringify(message), at - aheadMs);
  }
  line.tick(YEAR_END + 10 * MINUTE_MS, { snapshot: false });
  t.ok(Math.abs(sumWh(line.rows()) - 120) < 1e-9);
  t.match(line.fold.accounting.clocks.of(0), [{ kind: 'ahead', worstMs: aheadMs, messages: 13 }]);
});
