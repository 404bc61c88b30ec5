import type { Channel } from '@wattmark/shared/channels';
import type { Birth } from '@wattmark/shared/messages';
import { Accounting, type AccountingState } from './accounting/accounting.ts';
import type { IntervalBatch } from './accounting/interval.ts';
import { useOf } from './accounting/slot.ts';
import { CorrectionBook } from './corrections/book.ts';
import { type Correction, type CorrectionEntry, isPointChange } from './corrections/change.ts';
import { ByteReader } from './evidence/bytes.ts';
import { type AgentCursor, newAgentCursor } from './ingest/agent-cursor.ts';
import { type AgentKey, Catalogue, type PointKey, type SiteKey, type SlotKey } from './evidence/catalogue.ts';
import type { Cursor, EvidenceFrame } from './evidence/evidence-log.ts';
import { type LogMark, LogMarks } from './evidence/log-marks.ts';
import { type MessageHead, type ReadingColumns, RecordReader, type RecordVisitor, timeOf } from './evidence/record.ts';
import { type Import, ImportBook, type ImportEntry } from './import/import-book.ts';
import { birthHash } from './ingest/birth-hash.ts';
import { MeterBook, type MeterChange } from './site/meter-book.ts';
import { ImportedMinutes } from './restatement/imported-minutes.ts';
import { DEFAULT_INTERVAL_MS, type RegistryState, SiteRegistry } from './site/registry.ts';
import type { Site, SitePoint } from './site/site.ts';
import type { SiteFile } from './site/site-file.ts';

/**
 * Everything that follows from the evidence log: the fold applies its frames one after the other, and depends on
 * nothing else. While the collector runs it applies what was just written; after a restart, what was written since the
 * last snapshot; in a replay, all.
 */

export interface FoldState {
  readonly cursor: Cursor;
  /** Stamp of the newest intervals, UTC ms. */
  readonly recordedMs: number;
  /** Minutes that ended by then are handed on, UTC ms. */
  readonly closedMs: number;
  readonly sites: readonly SiteKey[];
  readonly agents: readonly AgentKey[];
  readonly points: readonly PointKey[];
  readonly slots: readonly SlotKey[];
  readonly cursors: readonly AgentCursor[];
  readonly registry: RegistryState;
  readonly accounting: AccountingState;
  readonly marks: readonly LogMark[];
  readonly corrections: readonly Correction[];
  readonly imports: readonly Import[];
  readonly meters: readonly MeterChange[];
}

/**
 * Finished intervals beyond this number are handed on before the next tick, so that a backlog does not pile up in
 * memory.
 */
const MAX_BACKLOG = 50_000;

export class Fold implements RecordVisitor {
  readonly catalogue: Catalogue = new Catalogue();
  readonly accounting: Accounting = new Accounting(this.catalogue);
  readonly registry: SiteRegistry = new SiteRegistry(this.catalogue, (pointId) => this.accounting.owner(pointId));
  readonly agents: AgentCursor[] = [];
  readonly corrections: CorrectionBook = new CorrectionBook();
  #imports = new ImportBook();
  readonly importedMinutes: ImportedMinutes = new ImportedMinutes();
  readonly meters: MeterBook = new MeterBook();
  #marks = new LogMarks();
  /** Of the frame under way. */
  #entry: { readonly siteId: number; readonly entry: CorrectionEntry } | null = null;
  #made: Correction | null = null;
  readonly #reader = new RecordReader();
  #cursor: Cursor;
  #tickMs: number | null = null;
  #recordedMs = 0;
  #closedMs = 0;
  #ownership = 0;
  /**
   * Definitions applied. The catalogue may be ahead of them: it also has those of the frame that is not on disk yet.
   */
  readonly #defined = { sites: 0, agents: 0, points: 0, slots: 0 };
  #touched = new Set<number>();

  constructor(start: Cursor) {
    this.#cursor = start;
  }

  /** The place in the log up to which everything is applied. */
  get cursor(): Cursor {
    return this.#cursor;
  }

  /**
   * Applies one frame.
   * @returns the intervals that it closed, or null where it closed none.
   * @throws RangeError where the frame is not of this version.
   */
  apply(frame: EvidenceFrame): IntervalBatch | null {
    const body = new ByteReader(frame.body);
    this.#tickMs = null;
    this.#marks.note(this.#cursor, timeOf(frame.body));
    const frameMs = this.#reader.read(body, this.catalogue, this);
    this.#cursor = frame.next;
    if (this.#entry !== null) return this.#correct(this.#entry, frameMs);
    const nowMs = this.#tickMs ?? (this.accounting.backlog > MAX_BACKLOG ? frameMs : null);
    if (nowMs === null) return null;
    // A clock that was set back must not make what is recorded later look older than what it restates.
    this.#recordedMs = Math.max(this.#recordedMs + 1, nowMs);
    this.#closedMs = nowMs;
    return { position: frame.next.position, recordedMs: this.#recordedMs, ...this.accounting.close(nowMs) };
  }

  /** The correction that the last frame brought, once; its intervals are still to be restated. Null where there was none. */
  takeCorrection(): Correction | null {
    const made = this.#made;
    this.#made = null;
    return made;
  }

  /** Minutes that ended by then are handed on, UTC ms. */
  get closedMs(): number {
    return this.#closedMs;
  }

  /** What accounting must know of a point's instrument. */
  instrumentOf(pointId: number): Pick<SitePoint, 'intervalMs' | 'quantity'> & { readonly modulusWh: number | null } {
    const siteId = this.catalogue.points[pointId]?.siteId ?? 0;
    const point = this.registry.site(siteId).points.find((candidate) => candidate.pointId === pointId);
    const { intervalMs, quantity } = point ?? { intervalMs: DEFAULT_INTERVAL_MS, quantity: 'energy' };
    return { intervalMs, quantity, modulusWh: this.registry.modulusOf(pointId) };
  }

  get imports(): ImportBook {
    return this.#imports;
  }

  /** Where in the log which times are. */
  get marks(): LogMarks {
    return this.#marks;
  }

  /** Every site as it is now. */
  allSites(): Site[] {
    return this.catalogue.sites.map((_, siteId) => this.registry.site(siteId));
  }

  /** The sites whose readings have come since the last call. */
  takeTouched(): ReadonlySet<number> {
    const touched = this.#touched;
    this.#touched = new Set();
    return touched;
  }

  save(): FoldState {
    const { sites, agents, points, slots } = this.catalogue;
    return {
      cursor: this.#cursor,
      recordedMs: this.#recordedMs,
      closedMs: this.#closedMs,
      sites: sites.slice(0, this.#defined.sites),
      agents: agents.slice(0, this.#defined.agents),
      points: points.slice(0, this.#defined.points),
      slots: slots.slice(0, this.#defined.slots),
      cursors: this.agents,
      registry: this.registry.save(),
      accounting: this.accounting.save(),
      marks: this.#marks.all(),
      corrections: this.corrections.all,
      imports: this.#imports.all(),
      meters: this.meters.save(),
    };
  }

  static load(state: FoldState): Fold {
    const fold = new Fold(state.cursor);
    fold.#recordedMs = state.recordedMs;
    fold.#closedMs = state.closedMs;
    for (const site of state.sites) fold.site(site);
    for (const { agent, siteId } of state.agents) fold.agent(agent, siteId);
    for (const point of state.points) fold.point(point);
    for (const slot of state.slots) fold.slot(slot);
    fold.agents.push(...state.cursors.map((cursor) => ({ ...cursor })));
    fold.accounting.load(state.accounting);
    fold.registry.load(state.registry);
    fold.#marks = new LogMarks(state.marks);
    fold.#imports = ImportBook.load(state.imports);
    for (const correction of state.corrections) fold.#hold(correction);
    fold.meters.load(state.meters);
    return fold;
  }

  site(key: SiteKey): void {
    this.#defined.sites++;
    if (this.catalogue.siteId(key.site) === undefined) this.catalogue.addSite(key);
  }

  agent(agent: string, siteId: number): void {
    this.#defined.agents++;
    if (this.catalogue.agentId(siteId, agent) === undefined) this.catalogue.addAgent(agent, siteId);
  }

  point(key: PointKey): void {
    this.#defined.points++;
    if (this.catalogue.pointId(key.siteId, key.point) === undefined) this.catalogue.addPoint(key);
    this.registry.invalidate(key.siteId);
  }

  slot(key: SlotKey): void {
    this.#defined.slots++;
    if (this.catalogue.slotId(key.agentId, key.pointId, key.channel) === undefined) this.catalogue.addSlot(key);
  }

  epoch(agentId: number, epoch: string): void {
    Object.assign(this.#agent(agentId), { epoch, seq: 0 });
  }

  readings(head: MessageHead, columns: ReadingColumns): void {
    const agent = this.#agent(head.agentId);
    if (head.seq > 0) agent.seq = head.seq;
    if (!(head.atMs <= agent.atMs)) agent.atMs = head.atMs;
    agent.receivedMs = head.receivedMs;
    this.accounting.apply(head, columns);
    const siteId = this.catalogue.agents[head.agentId]?.siteId;
    if (siteId === undefined) return;
    this.#touched.add(siteId);
    if (this.accounting.ownership === this.#ownership) return;
    this.#ownership = this.accounting.ownership;
    this.#describePoints(siteId);
  }

  refused(agentId: number, seq: number, _reason: string): void {
    this.#agent(agentId).seq = seq;
  }

  birth(agentId: number, birth: Birth): void {
    Object.assign(this.#agent(agentId), { software: birth.software, birthHash: birthHash(birth) });
    this.meters.note(agentId, birth, (point) => this.registry.serialOf(agentId, point));
    this.registry.announce(agentId, birth.points);
    const siteId = this.catalogue.agents[agentId]?.siteId;
    if (siteId !== undefined) this.#describePoints(siteId);
  }

  loss(agentId: number, nextSeq: number, count: number): void {
    const agent = this.#agent(agentId);
    agent.lost += count;
    agent.seq = nextSeq - 1;
  }

  sites(files: readonly SiteFile[]): void {
    this.registry.setFiles(files);
    for (const siteId of this.catalogue.sites.keys()) this.#describePoints(siteId);
  }

  tick(nowMs: number): void {
    this.#tickMs = nowMs;
  }

  correction(siteId: number, entry: CorrectionEntry): void {
    this.#entry = { siteId, entry };
  }

  import(siteId: number, entry: ImportEntry): void {
    this.#imports.begin(String(this.#cursor.position + 1), siteId, entry);
  }

  block(importId: number, pointId: number, channel: Channel, bytes: Uint8Array): void {
    const use = useOf(channel, this.instrumentOf(pointId).quantity);
    if (use === 'gauge') throw new RangeError(`${channel} does not become energy`);
    this.#imports.add(String(importId), { pointId, channel, use }, bytes, this.#cursor.log);
  }

  /** @returns the minutes that were finished without it: they are as of the record before. */
  #correct({ siteId, entry }: { siteId: number; entry: CorrectionEntry }, frameMs: number): IntervalBatch | null {
    this.#entry = null;
    const { position } = this.#cursor;
    // Later than all that it may restate, whatever the clock says: "as known before" must be without it. What was finished since
    // then is as of the moment before: as of the last tick, or of the last correction, it was not known yet.
    this.#recordedMs = Math.max(this.#recordedMs + 2, frameMs);
    const before = { position: position - 1, recordedMs: this.#recordedMs - 1, ...this.accounting.take() };
    this.#made = { ...entry, id: String(position), siteId, recordedMs: this.#recordedMs };
    this.#hold(this.#made);
    return before.points.length + before.gauges.length === 0 ? null : before;
  }

  #hold(correction: Correction): void {
    this.corrections.add(correction);
    const change = this.corrections.effectOf(correction);
    if (change === undefined || !isPointChange(change)) return;
    const pointId = this.catalogue.pointId(correction.siteId, change.point);
    if (pointId === undefined) return;
    this.accounting.adjusted.set(pointId, this.corrections.adjustmentsOf(correction.siteId, change.point));
  }

  #describePoints(siteId: number): void {
    this.registry.invalidate(siteId);
    for (const { pointId, intervalMs, quantity } of this.registry.site(siteId).points) {
      if (pointId === null) continue;
      this.accounting.describe(pointId, intervalMs, this.registry.modulusOf(pointId), quantity);
    }
  }

  #agent(agentId: number): AgentCursor {
    if (agentId >= this.catalogue.agents.length) throw new RangeError(`agent ${agentId} is not defined`);
    return (this.agents[agentId] ??= newAgentCursor());
  }
}
