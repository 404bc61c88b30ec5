import type { Reading } from '@wattmark/shared/messages';
import type { Test } from 'tap';
import { loadPoints, loadReadings } from '../../../../agent/test/fixtures/load-reading.ts';
import type { PointInterval } from '../../../src/accounting/interval.ts';
import { beginning, readEvidence } from '../../../src/evidence/evidence-log.ts';
import type { MessageHead, ReadingColumns } from '../../../src/evidence/record.ts';
import { Fold } from '../../../src/fold.ts';
import { evidenceDirectory, storeFile } from '../../../src/restore.ts';
import { openDuckdbStore } from '../../../src/store/duckdb.ts';
import type { Store } from '../../../src/store/store.ts';
import { Rig } from '../../support/rig.ts';

export type Assert = Pick<Test, 'equal' | 'same' | 'ok' | 'match' | 'comment'>;

/** One message as the evidence log has it. */
export interface Evidence {
  readonly epoch: string;
  readonly seq: number;
  readonly at: number;
  readonly readings: readonly Reading[];
}

/** Reads an evidence log and keeps everything that it says, as a fold with a memory. */
class Witness extends Fold {
  readonly messages = new Map<string, Evidence[]>();
  readonly refusals: string[] = [];
  readonly losses: number[] = [];

  override readings(head: MessageHead, columns: ReadingColumns): void {
    super.readings(head, columns);
    const { agent = '' } = this.catalogue.agents[head.agentId] ?? {};
    const readings = Array.from(columns.slots.subarray(0, columns.count), (slot, index): Reading => {
      const { pointId = 0, channel = 'power' } = this.catalogue.slots[slot] ?? {};
      const { point = '' } = this.catalogue.points[pointId] ?? {};
      const value = columns.values[index] ?? Number.NaN;
      return columns.estimated[index] === 1 ? [point, channel, value, 'estimated'] : [point, channel, value];
    });
    const { epoch } = this.agents[head.agentId] ?? {};
    const all = this.messages.get(agent) ?? [];
    this.messages.set(agent, all);
    all.push({ epoch: epoch ?? '', seq: head.seq, at: head.atMs, readings });
  }

  override refused(agentId: number, seq: number, reason: string): void {
    super.refused(agentId, seq, reason);
    this.refusals.push(reason);
  }

  override loss(agentId: number, nextSeq: number, count: number): void {
    super.loss(agentId, nextSeq, count);
    this.losses.push(count);
  }
}

/** What the evidence log of a data directory says. */
export async function readWitness(data: string): Promise<Witness> {
  const witness = new Witness(beginning);
  for await (const frame of readEvidence(evidenceDirectory(data))) witness.apply(frame);
  return witness;
}

/** A line of a load agent's journal: a message before it went to the spool, and with `seq` once it was there. */
export interface JournalLine {
  readonly at: number;
  readonly epoch?: string;
  readonly seq?: number;
}

/** Asserts that the evidence holds every message of an agent's journal exactly once, in order, with exactly its readings. */
export function assertComplete(
  t: Assert,
  messages: readonly Evidence[],
  journal: readonly JournalLine[],
  agent: string,
): void {
  t.same(
    messages.map(({ seq }) => seq),
    messages.map((_, index) => index + 1),
    `${agent}: every number once, in order`,
  );
  t.equal(new Set(messages.map(({ epoch }) => epoch)).size, 1, `${agent}: one epoch`);
  const wrong = messages.filter(({ at, readings }) => !equals(readings, loadReadings(agent, at)));
  t.same(wrong, [], `${agent}: the readings are those of their ticks`);
  const sampled = new Set(journal.map(({ at }) => at));
  t.same(
    messages.filter(({ at }) => !sampled.has(at)),
    [],
    `${agent}: nothing that was not sampled`,
  );
  const stored = journal.filter(({ seq }) => seq !== undefined);
  const missing = stored.filter(({ at, seq = 0, epoch }) => {
    const found = messages[seq - 1];
    return found?.at !== at || found.epoch !== epoch;
  });
  t.same(missing, [], `${agent}: everything that the spool took`);
  t.ok(stored.length > 0 && messages.length >= stored.length, `${agent}: ${messages.length} messages`);
}

/** The newest minutes of every point, by its id. */
type Minutes = Record<string, readonly Omit<PointInterval, 'pointId'>[]>;

/** Asserts that the store has the intervals that the same messages give where nothing ever goes wrong. */
export async function assertUndisturbed(t: Assert, data: string, scratch: string, intervalMs: number): Promise<void> {
  const witness = await readWitness(data);
  const store = await openDuckdbStore(storeFile(data));
  const found = await minutesOf(store, witness);
  await store.close();
  const rig = await Rig.open(scratch, Date.now());
  for (const [agent, messages] of witness.messages) {
    const { epoch } = messages[0] ?? {};
    const points = loadPoints(agent, intervalMs);
    rig.send('birth', { v: 1, epoch, firstSeq: 1, at: rig.nowMs, software: 'load/1', points }, agent);
    for (const { seq, at, readings } of messages) {
      rig.send('readings', { v: 1, epoch, seq, at, readings }, agent);
      if (seq % 50 === 0) await tick(rig);
    }
  }
  await rig.pipeline.stop();
  const expected = await minutesOf(rig.store, rig.fold);
  rig.live.close();
  await rig.crash();
  const count = Object.values(expected).reduce((sum, rows) => sum + rows.length, 0);
  t.ok(count > 0, `${count} minutes of ${Object.keys(expected).length} points`);
  t.same(found, expected, 'the minutes are those of an undisturbed run');
}

async function tick(rig: Rig): Promise<void> {
  rig.pipeline.tick();
  await rig.settle();
}

async function minutesOf(store: Store, { catalogue }: Fold): Promise<Minutes> {
  const everything = { fromMs: 0, toMs: Date.UTC(2100) };
  const rows = await store.pointMinutes([...catalogue.points.keys()], everything, null);
  const minutes: Record<string, Omit<PointInterval, 'pointId'>[]> = {};
  for (const { pointId, ...row } of rows.sort((a, b) => a.startMs - b.startMs)) {
    (minutes[catalogue.points[pointId]?.point ?? ''] ??= []).push(row);
  }
  return minutes;
}

function equals(a: readonly Reading[], b: readonly Reading[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
