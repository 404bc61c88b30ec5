import { MINUTE_MS } from '../../src/accounting/interval.ts';
import { CorrectionBook } from '../../src/corrections/book.ts';
import { type CorrectionEntry, parseEntry } from '../../src/corrections/change.ts';
import { Catalogue } from '../../src/evidence/catalogue.ts';
import { type MessageHead, newColumns, type ReadingColumns } from '../../src/evidence/record.ts';
import { Refold } from '../../src/restatement/refold.ts';

const T0 = Date.UTC(2026, 0, 1);

interface Given {
  /** Channel by channel, minute and value of each reading. */
  readonly power?: readonly (readonly [minute: number, powerW: number])[];
  readonly energy?: readonly (readonly [minute: number, energyWh: number])[];
  /** As the API takes them, times in minutes. */
  readonly corrections: readonly Record<string, unknown>[];
}

/** What is known of a point with an interval of 10 minutes, Wh and measured minutes, accounted by the fold that restates. */
function known({ power = [], energy = [], corrections }: Given): { energyWh: number; measuredMin: number } {
  const catalogue = new Catalogue();
  catalogue.addSite({ group: 'default', site: 'dc-1' });
  catalogue.addAgent('hall', 0);
  catalogue.addPoint({ siteId: 0, point: 'main' });
  catalogue.addSlot({ agentId: 0, pointId: 0, channel: 'power' });
  catalogue.addSlot({ agentId: 0, pointId: 0, channel: 'energy' });
  const book = new CorrectionBook();
  for (const [index, change] of corrections.entries())
    book.add({ ...entryOf(change), id: String(index + 1), siteId: 0, recordedMs: T0 });
  const all = [...power.map((one) => [0, ...one] as const), ...energy.map((one) => [1, ...one] as const)];
  const lastMs = T0 + Math.max(...all.map(([, minute]) => minute)) * MINUTE_MS;
  const instrument = { intervalMs: 10 * MINUTE_MS, modulusWh: null, quantity: 'energy' } as const;
  const point = { pointId: 0, ...instrument, owner: null, adjustments: book.adjustmentsOf(0, 'main') };
  const span = { fromMs: T0, toMs: lastMs + 1 };
  const refold = new Refold(catalogue, { points: [point], span, closedMs: lastMs + MINUTE_MS, register: null });
  for (const [index, [slot, minute, value]] of all.toSorted(([, a], [, b]) => a - b).entries()) {
    refold.readings(headOf(index + 1, minute), columnsOf(slot, value));
    refold.advance();
  }
  refold.end();
  const rows = refold.finish().flatMap((portion) => [...portion]);
  const minutes = new Map(rows.map((row) => [row.startMs, row]));
  const sum = (of: (row: (typeof rows)[number]) => number): number =>
    [...minutes.values()].reduce((total, row) => total + of(row), 0);
  return { energyWh: sum((row) => row.energyWh), measuredMin: sum((row) => row.measuredMs) / MINUTE_MS };
}

function entryOf(change: Record<string, unknown>): CorrectionEntry {
  const entries = Object.entries(change).map(([key, value]) => {
    const isTime = ['from', 'to', 'at'].includes(key);
    return [key, isTime ? new Date(T0 + Number(value) * MINUTE_MS).toISOString() : value] as const;
  });
  const parsed = parseEntry({ by: 'A', reason: 'A', change: { ...Object.fromEntries(entries), point: 'main' } });
  if ('problems' in parsed) throw new Error(parsed.problems.join('; '));
  return parsed;
}

function headOf(seq: number, minute: number): MessageHead {
  const atMs = T0 + minute * MINUTE_MS;
  return { agentId: 0, seq, atMs, receivedMs: atMs };
}

function columnsOf(slot: number, value: number): ReadingColumns {
  const columns = newColumns(1);
  columns.count = 1;
  columns.slots[0] = slot;
  columns.values[0] = value;
  return columns;
}

export const examples = {
  'void-samples': known,
  'void-register': known,
  'hand-readings': known,
  'meter-replacement': known,
  factor: known,
};
