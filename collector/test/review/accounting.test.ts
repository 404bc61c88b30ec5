import t from 'tap';
import type { Channel } from '@wattmark/shared/channels';
import { Accounting } from '../../src/accounting/accounting.ts';
import { isEmpty, MINUTE_MS, netWhOf, type PointInterval } from '../../src/accounting/interval.ts';
import { Catalogue } from '../../src/evidence/catalogue.ts';
import { newColumns } from '../../src/evidence/record.ts';

const START = Date.UTC(2026, 0, 1);

/** One point of one agent, with the newest row of each minute. */
class Bench {
  readonly #catalogue = new Catalogue();
  readonly accounting = new Accounting(this.#catalogue);
  readonly rows = new Map<number, PointInterval>();

  constructor() {
    const siteId = this.#catalogue.addSite({ group: 'default', site: 'dc-1' });
    const agentId = this.#catalogue.addAgent('a', siteId);
    const pointId = this.#catalogue.addPoint({ siteId, point: 'one' });
    for (const channel of ['power', 'energy', 'energy-export'] as const) {
      this.#catalogue.addSlot({ agentId, pointId, channel });
    }
    this.accounting.describe(pointId, 10_000, null);
  }

  send(second: number, readings: Partial<Record<Channel, number>>, seq = 0): void {
    const entries = Object.entries(readings) as [Channel, number][];
    const columns = newColumns(entries.length);
    columns.count = entries.length;
    for (const [index, [channel, value]] of entries.entries()) {
      columns.slots[index] = this.#catalogue.slotId(0, 0, channel) ?? -1;
      columns.values[index] = value;
    }
    const atMs = START + second * 1000;
    this.accounting.apply({ agentId: 0, seq, atMs, receivedMs: atMs + 7_200_000 }, columns);
  }

  close(): void {
    for (const row of this.accounting.close(Number.POSITIVE_INFINITY).points) this.rows.set(row.startMs, row);
  }

  sum(of: (row: PointInterval) => number): number {
    this.close();
    return [...this.rows.values()].reduce((sum, row) => sum + of(row), 0);
  }

  minute(index: number): PointInterval | undefined {
    this.close();
    return this.rows.get(START + index * MINUTE_MS);
  }
}

t.test('what is fed back is not subtracted from the power as well as counted by its register', async (t) => {
  const bench = new Bench();
  for (let second = 0; second <= 600; second += 10) {
    bench.send(second, { power: -3600, 'energy-export': 5000 + second });
  }
  t.ok(Math.abs(bench.sum(({ exportWh }) => exportWh) - 600) < 1e-6);
  t.equal(
    bench.sum(({ energyWh }) => energyWh),
    0,
  );
});

t.test('what is fed back is known also where nothing is known of what was drawn', async (t) => {
  const bench = new Bench();
  for (let minute = 0; minute <= 10; minute++) bench.send(60 * minute, { 'energy-export': 5000 + 6 * minute });
  t.ok(Math.abs(bench.sum(({ exportWh }) => exportWh) - 60) < 1e-6);
  const row = bench.minute(5) as PointInterval;
  t.match(row, { exportWh: 6, energyWh: 0, measuredMs: 0, estimatedMs: 0 });
  t.equal(isEmpty(row), false);
  t.equal(netWhOf(row), null, 'what was drawn stays unknown, and so does the difference');
});

t.test('a late reading without a number takes nothing back of what numbered ones have said since', async (t) => {
  const bench = new Bench();
  bench.send(0, { power: 600 });
  bench.send(10, { power: 600 });
  for (let seq = 2; seq <= 60; seq++) bench.send(seq * 10, { power: 600 }, seq);
  bench.close();
  bench.send(5, { power: 600 });
  t.ok(Math.abs(bench.sum(({ energyWh }) => energyWh) - 100) < 1e-6);
});

t.test(
  'a minute that a late reading takes back is said to be empty, also after the oldest reading was let go',
  async (t) => {
    const bench = new Bench();
    // The register alone, once a minute, for an hour and a little more: the oldest readings leave the window.
    for (let minute = 0; minute <= 60; minute++) bench.send(minute * 60, { energy: 1000 + 10 * minute });
    bench.close();
    t.equal(isEmpty(bench.minute(30) as PointInterval), false);
    // A fall in the middle of minute 30: neither half of it is known any more.
    bench.send(30 * 60 + 30, { energy: 5e7 });
    t.equal(isEmpty(bench.minute(30) as PointInterval), true);
  },
);
