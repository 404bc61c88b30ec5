import { RESERVED_AGENT_ID } from '@wattmark/shared/ids';
import type { Birth, Reading, Status } from '@wattmark/shared/messages';
import { type Address, type Leaf, parseTopic } from '@wattmark/shared/topics';
import type { Delivery } from '../broker/link.ts';
import { ByteWriter } from '../evidence/bytes.ts';
import { ensureColumns, newColumns } from '../evidence/record.ts';
import { RecordWriter } from '../evidence/record-writer.ts';
import type { Fold } from '../fold.ts';
import type { SiteFile } from '../site/site-file.ts';
import { birthHash } from './birth-hash.ts';
import { accept, type IncomingReadings, type RejectReason } from './accept.ts';
import { AgentEntry, placeOf, RejectCounters } from './agent-book.ts';

/**
 * From the broker to the evidence log: accepts messages, keeps each agent's sequence, and writes what is to be logged
 * into the frame that is appended next. Nothing here waits for anything.
 */

/** A frame grows to this size while the disk is slow or full; beyond it agents keep what they send. */
const MAX_FRAME_BYTES = 32 * 1024 * 1024;
const MAX_AGENTS = 100_000;
const MAX_SLOTS = 1_000_000;
const MAX_TOPICS = 2 * MAX_AGENTS;

/** What the next append carries. */
export interface PendingFrame {
  readonly body: Uint8Array;
  /** Agents that are owed an acknowledgement once it is on disk, and of what. */
  readonly acks: ReadonlyMap<number, { readonly epoch: string; readonly seq: number }>;
}

export interface IngestCounters {
  messages: number;
  readings: number;
  duplicates: number;
  /** Messages ahead of their sequence, which their agents will send again. */
  early: number;
  /** Messages of publishers that do not number them, lost because the log could not be written. */
  lost: number;
}

export class Ingest {
  readonly #fold: Fold;
  readonly #out = new ByteWriter(65_536);
  readonly #columns = newColumns(1024);
  readonly #topics = new Map<string, Address & { readonly leaf: Leaf }>();
  readonly #entries: (AgentEntry | undefined)[] = [];
  #frame: RecordWriter | null = null;
  #acks = new Set<number>();
  readonly rejects: RejectCounters = new RejectCounters();
  readonly counters: IngestCounters = { messages: 0, readings: 0, duplicates: 0, early: 0, lost: 0 };

  constructor(fold: Fold) {
    this.#fold = fold;
  }

  /** Bytes waiting to be appended. */
  get pendingBytes(): number {
    return this.#frame === null ? 0 : this.#out.length;
  }

  /** The agents heard of, by number; undefined for those not heard of since the collector started. */
  entry(agentId: number): Readonly<AgentEntry> | undefined {
    return this.#entries[agentId];
  }

  /** Takes one message from the broker. Never throws. */
  receive({ topic, payload, retained }: Delivery, nowMs: number): void {
    this.counters.messages++;
    const route = this.#route(topic);
    if (route === null) return this.rejects.add('not-a-topic');
    if (route.agent === RESERVED_AGENT_ID) return this.rejects.add('reserved-agent');
    const incoming = accept(route.leaf, payload);
    if (incoming.kind === 'rejected') return this.#reject(route, incoming.reason);
    if (this.pendingBytes >= MAX_FRAME_BYTES) {
      if (incoming.kind === 'readings' && incoming.sequence === null) this.counters.lost++;
      return this.#reject(route, 'backlogged');
    }
    const entry = this.#entryOf(route, nowMs);
    if (typeof entry === 'string') return this.rejects.add(entry);
    entry.seenMs = nowMs;
    if (incoming.kind === 'readings') this.#readings(entry, incoming, nowMs);
    else if (incoming.kind === 'birth') {
      entry.sources = incoming.sources ?? entry.sources;
      this.#birth(entry, incoming.birth, retained, nowMs);
    } else this.#status(entry, incoming.status, retained, nowMs);
  }

  /** Puts the site files on record where they differ from those on record. */
  setSites(files: readonly SiteFile[], nowMs: number): void {
    if (JSON.stringify(files) === JSON.stringify(this.#fold.registry.files())) return;
    for (const file of files) {
      const siteId = this.#siteOf(file.group, file.site, nowMs);
      if (siteId === null) continue;
      for (const { point } of file.points) this.definePoint(siteId, point, nowMs);
    }
    this.#record(nowMs).sites(files);
  }

  tick(nowMs: number): void {
    this.#record(nowMs).tick(nowMs);
  }

  /**
   * What waits to be appended and acknowledged; null where there is nothing. A body of no bytes only carries
   * acknowledgements.
   */
  take(): PendingFrame | null {
    if (this.#frame === null && this.#acks.size === 0) return null;
    const body = this.#frame === null ? new Uint8Array() : this.#out.toBytes();
    const acks = new Map<number, { epoch: string; seq: number }>();
    for (const agentId of this.#acks) {
      const { epoch = null, seq = 0 } = this.#entries[agentId] ?? {};
      if (epoch !== null) acks.set(agentId, { epoch, seq });
    }
    this.#frame = null;
    this.#acks = new Set();
    return { body, acks };
  }

  #readings(entry: AgentEntry, incoming: IncomingReadings, nowMs: number): void {
    const { sequence, unusable } = incoming;
    if (sequence !== null && !this.#advance(entry, sequence.epoch, sequence.seq, nowMs)) return;
    for (const reason of incoming.rejected) this.rejects.add(reason);
    entry.rejected += incoming.rejected.length + (unusable === null ? 0 : 1);
    const frame = this.#record(nowMs);
    if (unusable !== null) {
      this.rejects.add(unusable);
      if (sequence !== null) frame.refused(entry.agentId, sequence.seq, unusable);
      return;
    }
    const count = this.#fillColumns(entry, incoming.readings, nowMs);
    this.counters.readings += count;
    const head = {
      agentId: entry.agentId,
      seq: sequence?.seq ?? 0,
      atMs: incoming.atMs ?? nowMs,
      receivedMs: nowMs,
    };
    frame.readings(head, ensureColumns(this.#columns, count));
  }

  /** Moves an agent's sequence on to a message, or counts why not. */
  #advance(entry: AgentEntry, epoch: string, seq: number, nowMs: number): boolean {
    const place = placeOf(entry, epoch, seq);
    if (place === 'duplicate') {
      entry.duplicates++;
      this.counters.duplicates++;
      this.#acks.add(entry.agentId);
      return false;
    }
    if (place === 'too-early') {
      this.counters.early++;
      return false;
    }
    if (place === 'stale') {
      entry.rejected++;
      this.rejects.add('stale-epoch');
      // Says which epoch is the newest, so that the agent can begin one that sorts after it.
      this.#acks.add(entry.agentId);
      return false;
    }
    if (epoch !== entry.epoch) this.#record(nowMs).epoch(entry.agentId, epoch);
    if (place !== 'next') this.#record(nowMs).loss(entry.agentId, seq, place.lost);
    entry.epoch = epoch;
    entry.seq = seq;
    this.#acks.add(entry.agentId);
    return true;
  }

  #birth(entry: AgentEntry, birth: Birth, retained: boolean, nowMs: number): void {
    if (entry.epoch !== null && birth.epoch < entry.epoch) {
      if (!retained) this.rejects.add('stale-epoch');
      return;
    }
    entry.birth = { epoch: birth.epoch, firstSeq: birth.firstSeq };
    if (!retained) entry.clockSkewMs = nowMs - birth.at;
    const hash = birthHash(birth);
    if (hash === entry.birthHash) return;
    const siteId = this.#fold.catalogue.agents[entry.agentId]?.siteId;
    if (siteId === undefined) return;
    for (const { point } of birth.points) this.definePoint(siteId, point, nowMs);
    this.#record(nowMs).birth(entry.agentId, birth);
    entry.birthHash = hash;
  }

  #status(entry: AgentEntry, status: Status, retained: boolean, nowMs: number): void {
    entry.state = status.state;
    entry.spoolDepth = status.spoolDepth ?? entry.spoolDepth;
    entry.sources = status.sources ?? entry.sources;
    // A last will was dated when the connection was made.
    if (!retained && status.state === 'online') entry.clockSkewMs = nowMs - status.at;
  }

  #fillColumns(entry: AgentEntry, readings: readonly Reading[], nowMs: number): number {
    const columns = ensureColumns(this.#columns, readings.length);
    let count = 0;
    for (const [index, reading] of readings.entries()) {
      const slot = this.#slotOf(entry, index, reading, nowMs);
      if (slot === null) {
        this.rejects.add('too-many-points');
        entry.rejected++;
        continue;
      }
      columns.slots[count] = slot;
      columns.values[count] = reading[2];
      columns.estimated[count] = reading[3] === 'estimated' ? 1 : 0;
      count++;
    }
    return count;
  }

  #slotOf(entry: AgentEntry, index: number, [point, channel]: Reading, nowMs: number): number | null {
    if (entry.layoutPoints[index] === point && entry.layoutChannels[index] === channel) {
      return entry.layoutSlots[index] ?? null;
    }
    const { catalogue } = this.#fold;
    const siteId = catalogue.agents[entry.agentId]?.siteId ?? 0;
    const pointId = this.definePoint(siteId, point, nowMs);
    if (pointId === null) return null;
    let slot = catalogue.slotId(entry.agentId, pointId, channel);
    if (slot === undefined) {
      if (catalogue.slots.length >= MAX_SLOTS) return null;
      const key = { agentId: entry.agentId, pointId, channel };
      this.#record(nowMs).slot(key);
      slot = catalogue.addSlot(key);
    }
    // The catalogue's own text: the message's would be kept alive beside it.
    entry.layoutPoints[index] = catalogue.points[pointId]?.point ?? point;
    entry.layoutChannels[index] = channel;
    entry.layoutSlots[index] = slot;
    return slot;
  }

  /** The number of a site's point, which it gets where it has none; null where there are too many. */
  definePoint(siteId: number, point: string, nowMs: number): number | null {
    const { catalogue } = this.#fold;
    const found = catalogue.pointId(siteId, point);
    if (found !== undefined) return found;
    if (catalogue.points.length >= MAX_SLOTS) return null;
    this.#record(nowMs).point({ siteId, point });
    return catalogue.addPoint({ siteId, point });
  }

  /** The site's number, or null where the id belongs to another group. */
  #siteOf(group: string, site: string, nowMs: number): number | null {
    const { catalogue } = this.#fold;
    const found = catalogue.siteId(site);
    if (found !== undefined) return catalogue.sites[found]?.group === group ? found : null;
    this.#record(nowMs).site({ group, site });
    return catalogue.addSite({ group, site });
  }

  #entryOf(route: Address, nowMs: number): AgentEntry | RejectReason {
    const { catalogue } = this.#fold;
    const siteId = catalogue.siteId(route.site);
    if (siteId !== undefined && catalogue.sites[siteId]?.group !== route.group) return 'site-in-other-group';
    const known = siteId === undefined ? undefined : catalogue.agentId(siteId, route.agent);
    const entry = known === undefined ? undefined : this.#entries[known];
    if (entry !== undefined) return entry;
    if (known === undefined && catalogue.agents.length >= MAX_AGENTS) return 'too-many-agents';
    const agentId = known ?? this.#addAgent(route, nowMs);
    const cursor = this.#fold.agents[agentId];
    const added = new AgentEntry(agentId, cursor?.epoch ?? null, cursor?.seq ?? 0);
    added.birthHash = cursor?.birthHash ?? '';
    this.#entries[agentId] = added;
    return added;
  }

  #addAgent(route: Address, nowMs: number): number {
    const siteId = this.#siteOf(route.group, route.site, nowMs) ?? 0;
    this.#record(nowMs).agent(route.agent, siteId);
    return this.#fold.catalogue.addAgent(route.agent, siteId);
  }

  #reject(route: Address, reason: RejectReason): void {
    this.rejects.add(reason);
    const siteId = this.#fold.catalogue.siteId(route.site);
    const agentId = siteId === undefined ? undefined : this.#fold.catalogue.agentId(siteId, route.agent);
    const entry = agentId === undefined ? undefined : this.#entries[agentId];
    if (entry !== undefined) entry.rejected++;
  }

  #route(topic: string): (Address & { readonly leaf: Leaf }) | null {
    const known = this.#topics.get(topic);
    if (known !== undefined) return known;
    const route = parseTopic(topic);
    // Not kept where it is none: such a topic may have 65,535 bytes.
    if (route === null) return null;
    if (this.#topics.size >= MAX_TOPICS) this.#topics.clear();
    this.#topics.set(topic, route);
    return route;
  }

  #record(nowMs: number): RecordWriter {
    this.#frame ??= new RecordWriter(this.#out, nowMs);
    return this.#frame;
  }
}
