import type { Channel } from '@wattmark/shared/channels';
import { Accounting } from '../../src/accounting/accounting.ts';
import { isEmpty, type PointInterval } from '../../src/accounting/interval.ts';
import { Catalogue } from '../../src/evidence/catalogue.ts';
import { newColumns } from '../../src/evidence/record.ts';

export const START = Date.UTC(2026, 0, 1);

/** Two agents and two points with power and energy, each slot of each agent defined. */
export class Bench {
  readonly catalogue = new Catalogue();
  readonly accounting = new Accounting(this.catalogue);
  readonly rows = new Map<string, PointInterval>();

  constructor() {
    const siteId = this.catalogue.addSite({ group: 'default', site: 'dc-1' });
    for (const agent of ['a', 'b']) this.catalogue.addAgent(agent, siteId);
    for (const point of ['one', 'two']) this.catalogue.addPoint({ siteId, point });
    for (const agentId of [0, 1]) {
      for (const pointId of [0, 1]) {
        for (const channel of ['power', 'energy'] as const) this.catalogue.addSlot({ agentId, pointId, channel });
      }
    }
    for (const pointId of [0, 1]) this.accounting.describe(pointId, 10_000, null);
  }

  send(
    agentId: number,
    atMs: number,
    readings: readonly (readonly [pointId: number, channel: Channel, value: number, estimated?: boolean])[],
    { seq = 1, receivedMs = atMs + 100 } = {},
  ): void {
    const columns = newColumns(readings.length);
    columns.count = readings.length;
    for (const [index, [pointId, channel, value, estimated = false]] of readings.entries()) {
      columns.slots[index] = this.catalogue.slotId(agentId, pointId, channel) ?? -1;
      columns.values[index] = value;
      columns.estimated[index] = Number(estimated);
    }
    this.accounting.apply({ agentId, seq, atMs, receivedMs }, columns);
  }

  close(nowMs: number): readonly PointInterval[] {
    const points = [...this.accounting.close(nowMs).points];
    for (const [key, row] of newestRows(points)) this.rows.set(key, row);
    return points;
  }

  newest(): unknown[] {
    this.close(Number.POSITIVE_INFINITY);
    return [...this.rows.values()]
      .filter((row) => !isEmpty(row))
      .sort((a, b) => a.pointId - b.pointId || a.startMs - b.startMs);
  }
}

/** Of two of the same minute the later one. */
export function newestRows(rows: readonly PointInterval[]): Map<string, PointInterval> {
  return new Map(rows.map((row) => [`${row.pointId} ${row.startMs}`, row]));
}
