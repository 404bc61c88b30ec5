import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { Accounting } from '../../src/accounting/accounting.ts';
import type { Adjustments } from '../../src/accounting/adjustments.ts';
import { isEmpty, MINUTE_MS, type PointInterval, type Span } from '../../src/accounting/interval.ts';
import { Catalogue } from '../../src/evidence/catalogue.ts';
import { type MessageHead, newColumns, type ReadingColumns } from '../../src/evidence/record.ts';
import { Refold } from '../../src/restatement/refold.ts';

const START = Date.UTC(2026, 0, 1);

/** Seconds since START. */
const at = (seconds: number): number => START + seconds * 1000;

const channels = ['power', 'energy', 'energy-export'] as const;
type Values = Partial<Record<(typeof channels)[number], number>>;

/** What an agent says of the points 0, 1 and 2, in the order of the log. */
interface Message {
  readonly seconds: number;
  readonly points: readonly (Values | null)[];
  readonly agentId?: number;
  /** 0 for a publisher that does not number its messages. */
  readonly seq?: number;
}

const POINTS = [0, 1, 2];

function catalogueOfThree(): Catalogue {
  const catalogue = new Catalogue();
  catalogue.addSite({ group: 'default', site: 'dc-1' });
  for (const agent of ['a', 'b']) catalogue.addAgent(agent, 0);
  for (const point of ['one', 'two', 'three']) catalogue.addPoint({ siteId: 0, point });
  for (const agentId of [0, 1])
    for (const pointId of POINTS) for (const channel of channels) catalogue.addSlot({ agentId, pointId, channel });
  return catalogue;
}

function recordOf(
  catalogue: Catalogue,
  { seconds, points, agentId = 0, seq = 1 }: Message,
  receivedMs: number,
): [MessageHead, ReadingColumns] {
  const columns = newColumns(9);
  for (const [pointId, values] of points.entries()) {
    for (const channel of channels) {
      const value = values?.[channel];
      if (value === undefined) continue;
      columns.slots[columns.count] = catalogue.slotId(agentId, pointId, channel) as number;
      columns.values[columns.count++] = value;
    }
  }
  return [{ agentId, seq, atMs: at(seconds), receivedMs }, columns];
}

/** When each message was received: late ones with those that came before them. */
function receivedOf(messages: readonly Message[]): number[] {
  let latest = 0;
  return messages.map(({ seconds }) => at((latest = Math.max(latest, seconds))));
}

const none: Adjustments = { voids: [], factors: [], entered: [] };

type Known = Map<string, PointInterval>;

/** Puts rows over those of the same minute. */
function overlay(known: Known, rows: Iterable<PointInterval>): void {
  for (const row of rows) known.set(`${row.pointId} ${(row.startMs - START) / MINUTE_MS}`, row);
}

const told = (known: Known): [string, PointInterval][] =>
  [...known].filter(([, row]) => !isEmpty(row)).sort(([a], [b]) => (a < b ? -1 : 1));

/** The minutes that the readings give the first time; register values that were entered are put in by hand. */
function accounted(messages: readonly Message[], adjustments: Adjustments, closedMs: number): Known {
  const catalogue = catalogueOfThree();
  const accounting = new Accounting(catalogue);
  for (const pointId of POINTS) accounting.describe(pointId, 20_000, null);
  accounting.adjusted.set(0, adjustments);
  const received = receivedOf(messages);
  const known: Known = new Map();
  for (const [index, message] of messages.entries()) {
    accounting.apply(...recordOf(catalogue, message, received[index] as number));
    overlay(known, accounting.take().points);
  }
  overlay(known, accounting.close(closedMs).points);
  return known;
}

interface Refolded {
  readonly rows: readonly PointInterval[];
  readonly refold: Refold;
  /** Messages read until nothing could change any more. */
  readonly read: number;
}

/** What is accounted again, as the log is read for it. */
function refolded(messages: readonly Message[], adjustments: Adjustments, span: Span, closedMs: number): Refolded {
  const catalogue = catalogueOfThree();
  const point = { pointId: 0, intervalMs: 20_000, modulusWh: null, quantity: 'energy' } as const;
  const refold = new Refold(catalogue, { points: [{ ...point, adjustments }], span, closedMs });
  const received = receivedOf(messages);
  const rows: PointInterval[] = [];
  let read = 0;
  for (const [index, message] of messages.entries()) {
    refold.readings(...recordOf(catalogue, message, received[index] as number));
    refold.advance();
    read = index + 1;
    if (refold.isSettled) break;
  }
  refold.end();
  for (const _ of refold.takeBack([])) rows.push(...refold.take().flatMap((portion) => [...portion]));
  rows.push(...refold.finish().flatMap((portion) => [...portion]));
  return { rows, refold, read };
}

/** Readings every 20 s, with a silence, in which one that is not numbered may come late. */
const someMessages = fc
  .record({
    kinds: fc.subarray([...channels], { minLength: 1 }),
    count: fc.integer({ min: 20, max: 60 }),
    silence: fc.tuple(fc.nat(40), fc.nat(15)),
    late: fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 20 })), { maxLength: 5 }),
    isNumbered: fc.boolean(),
  })
  .map(({ kinds, count, silence: [from, length], late, isNumbered }): Message[] => {
    const valueOf = {
      power: (i: number) => 3_000 + 100 * (i % 7),
      energy: (i: number) => 500 + i * 20 + (i % 3),
      'energy-export': (i: number) => 90 + i,
    };
    const messages = Array.from({ length: count }, (_, i): Message => {
      const values = Object.fromEntries(kinds.map((kind) => [kind, valueOf[kind](i)]));
      return { seconds: i * 20, points: [values, { power: 100 }], seq: isNumbered ? i + 1 : 0 };
    }).filter((_, i) => i < from || i >= from + length);
    if (isNumbered) return messages;
    for (const [index, places] of late) {
      const [moved] = messages.splice(index, 1);
      if (moved !== undefined) messages.splice(index + places, 0, moved);
    }
    return messages;
  });

const someChange = fc
  .tuple(fc.nat(1_000), fc.integer({ min: 1, max: 300 }), fc.boolean())
  .map(([from, length, isVoid]): Adjustments => {
    const span = { fromMs: at(from), toMs: at(from + length) };
    if (isVoid) return { ...none, voids: [span] };
    const fromMs = span.fromMs - (span.fromMs % MINUTE_MS);
    return { ...none, factors: [{ fromMs, toMs: fromMs + 3 * MINUTE_MS, factor: -2 }] };
  });

t.test(
  'what is accounted again comes to what the corrected readings give, and concerns no more than these',
  async () => {
    fc.assert(
      fc.property(someMessages, someChange, (messages, adjustments) => {
        const closedMs = at(1_800);
        const [span] = [...adjustments.voids, ...adjustments.factors];
        const known = accounted(messages, none, closedMs);
        overlay(known, refolded(messages, adjustments, span as Span, closedMs).rows);
        assert.deepEqual(told(known), told(accounted(messages, adjustments, closedMs)));
      }),
      { numRuns: 500 },
    );
  },
);
