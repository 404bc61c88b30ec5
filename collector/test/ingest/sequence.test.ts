import fc from 'fast-check';
import t from 'tap';
import { beginning, type EvidenceFrame } from '../../src/evidence/evidence-log.ts';
import type { MessageHead, ReadingColumns } from '../../src/evidence/record.ts';
import { Fold } from '../../src/fold.ts';
import { AgentEntry, type Place, placeOf } from '../../src/ingest/agent-book.ts';
import { Ingest } from '../../src/ingest/ingest.ts';
import { birth, START, tick } from '../support/rig.ts';

const entry = (epoch: string | null, seq: number, announced: AgentEntry['birth'] = null): AgentEntry =>
  Object.assign(new AgentEntry(0, epoch, seq), { birth: announced });

const places: readonly [what: string, entry: AgentEntry, epoch: string, seq: number, place: Place][] = [
  ['the first message of all', entry(null, 0), 'E1', 1, 'next'],
  ['a first message that is not the first', entry(null, 0), 'E1', 7, 'too-early'],
  ['a first message, the ones before are gone', entry(null, 0, { epoch: 'E1', firstSeq: 7 }), 'E1', 7, { lost: 6 }],
  ['the next one', entry('E1', 4), 'E1', 5, 'next'],
  ['the last one again', entry('E1', 4), 'E1', 4, 'duplicate'],
  ['an old one again', entry('E1', 4), 'E1', 1, 'duplicate'],
  ['one too far', entry('E1', 4), 'E1', 6, 'too-early'],
  ['one too far, and the agent still has the next', entry('E1', 4, { epoch: 'E1', firstSeq: 5 }), 'E1', 6, 'too-early'],
  ['one too far, and the agent has older ones', entry('E1', 4, { epoch: 'E1', firstSeq: 2 }), 'E1', 6, 'too-early'],
  ['the oldest that the agent has', entry('E1', 4, { epoch: 'E1', firstSeq: 9 }), 'E1', 9, { lost: 4 }],
  ['one behind the oldest that it has', entry('E1', 4, { epoch: 'E1', firstSeq: 9 }), 'E1', 10, 'too-early'],
  ['one before the oldest that it has', entry('E1', 4, { epoch: 'E1', firstSeq: 9 }), 'E1', 7, 'too-early'],
  ['the next one, although the agent gave it up', entry('E1', 4, { epoch: 'E1', firstSeq: 9 }), 'E1', 5, 'next'],
  ['a birth of another epoch says nothing', entry('E1', 4, { epoch: 'E2', firstSeq: 9 }), 'E1', 9, 'too-early'],
  ['a new epoch', entry('E1', 4), 'E2', 1, 'next'],
  ['a new epoch, not from its beginning', entry('E1', 4), 'E2', 5, 'too-early'],
  ['a new epoch that lost its beginning', entry('E1', 4, { epoch: 'E2', firstSeq: 3 }), 'E2', 3, { lost: 2 }],
  ['a former epoch', entry('E2', 4), 'E1', 5, 'stale'],
];

for (const [what, known, epoch, seq, place] of places) {
  t.test(what, async (t) => t.same(placeOf(known, epoch, seq), place));
}

/** A fold that remembers which messages it was given, and what it was told is lost. */
class Memory extends Fold {
  readonly seqs: number[] = [];
  lost = 0;

  override readings(head: MessageHead, columns: ReadingColumns): void {
    super.readings(head, columns);
    this.seqs.push(head.seq);
  }

  override loss(agentId: number, nextSeq: number, count: number): void {
    super.loss(agentId, nextSeq, count);
    this.lost += count;
  }
}

/** A collector whose disk is an array; what was not committed is gone when it crashes. */
class Collector {
  readonly #frames: EvidenceFrame[] = [];
  fold = new Memory(beginning);
  #ingest = new Ingest(this.fold);

  receive(leaf: 'birth' | 'readings', message: unknown): void {
    const payload = Buffer.from(JSON.stringify(message));
    this.#ingest.receive({ topic: `wattmark/v1/default/dc-1/hall-a/${leaf}`, payload, retained: false }, START);
  }

  /** @returns what is acknowledged, or null. */
  commit(): number | null {
    const pending = this.#ingest.take();
    if (pending === null) return null;
    if (pending.body.length > 0) {
      const frame = { body: pending.body, next: { ...beginning, position: this.#frames.length + 1 } };
      this.#frames.push(frame);
      this.fold.apply(frame);
    }
    return pending.acks.size === 0 ? null : (this.fold.agents[0]?.seq ?? null);
  }

  crash(): void {
    this.fold = new Memory(beginning);
    for (const frame of this.#frames) this.fold.apply(frame);
    this.#ingest = new Ingest(this.fold);
  }
}

/** What may happen next, with a number for whatever the event leaves open. */
const event = fc.record({
  kind: fc.constantFrom(
    ...(['sample', 'sample', 'send', 'send', 'send', 'lose', 'repeat', 'delay', 'arrive', 'commit', 'commit'] as const),
    ...(['lose-ack', 'go-back', 'reconnect', 'drop', 'crash'] as const),
  ),
  n: fc.nat(30),
});

/** An agent as the contract wants it, and a network between it and the collector that does what the events say. */
class World {
  readonly collector = new Collector();
  readonly dropped = new Set<number>();
  sampled = 0;
  #firstSeq = 1;
  #next = 1;
  #underWay: (() => void)[] = [];

  happen({ kind, n }: { kind: string; n: number }): void {
    if (kind === 'sample') this.sampled++;
    else if (kind === 'send') this.#send((arrive) => arrive());
    else if (kind === 'lose') this.#send(() => {});
    else if (kind === 'repeat') this.#send((arrive) => [arrive, arrive].forEach((again) => again()));
    else if (kind === 'delay') this.#send((arrive) => this.#underWay.push(arrive));
    else if (kind === 'arrive') this.#underWay.splice(n % Math.max(1, this.#underWay.length), 1)[0]?.();
    else if (kind === 'commit') this.acknowledge(this.collector.commit());
    else if (kind === 'lose-ack') this.collector.commit();
    else if (kind === 'go-back') this.#next = this.#firstSeq;
    else if (kind === 'reconnect')
      this.#birth(n % 2 === 0 ? (arrive) => arrive() : (arrive) => this.#underWay.push(arrive));
    else if (kind === 'drop') this.#drop(n % 4);
    else this.collector.crash();
  }

  /** The end of all trouble: what was under way arrives, the agent connects once more, and everything goes through. */
  settle(): void {
    for (const arrive of this.#underWay.splice(0)) arrive();
    this.#birth((arrive) => arrive());
    while (this.#firstSeq <= this.sampled) {
      const before = this.#firstSeq;
      this.#next = this.#firstSeq;
      while (this.#next <= this.sampled) this.#send((arrive) => arrive());
      this.acknowledge(this.collector.commit());
      if (this.#firstSeq === before) throw new Error(`stuck at message ${before}`);
    }
  }

  acknowledge(seq: number | null): void {
    if (seq === null) return;
    if (seq > this.sampled) throw new Error(`acknowledged ${seq} of ${this.sampled}`);
    this.#firstSeq = Math.max(this.#firstSeq, seq + 1);
    this.#next = Math.max(this.#next, this.#firstSeq);
  }

  #send(way: (arrive: () => void) => void): void {
    if (this.#next > this.sampled) return;
    const message = tick(this.#next++, 1000);
    way(() => this.collector.receive('readings', message));
  }

  #birth(way: (arrive: () => void) => void): void {
    const message = birth(this.#firstSeq);
    way(() => this.collector.receive('birth', message));
    this.#next = this.#firstSeq;
  }

  /** The spool is full: its oldest messages go, and the collector is told. */
  #drop(count: number): void {
    for (let i = 0; i < count && this.#firstSeq <= this.sampled; i++) this.dropped.add(this.#firstSeq++);
    this.#birth((arrive) => arrive());
  }
}

t.test(
  'whatever is lost, late, doubled or forgotten: every message once, in order, and every loss on record',
  async (t) => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 20, maxLength: 150 }), (events) => {
        const world = new World();
        for (const next of events) world.happen(next);
        world.sampled++;
        world.settle();
        const { seqs, lost } = world.collector.fold;
        if (seqs.some((seq, index) => index > 0 && seq <= (seqs[index - 1] ?? 0)))
          throw new Error(`order: ${seqs.join()}`);
        const found = new Set(seqs);
        for (let seq = 1; seq <= world.sampled; seq++) {
          if (!found.has(seq) && !world.dropped.has(seq)) throw new Error(`${seq} is missing from ${seqs.join()}`);
        }
        if (lost !== world.sampled - found.size)
          throw new Error(`${lost} lost on record of ${world.sampled - found.size}`);
      }),
      { numRuns: 2_000 },
    );
    t.pass('2,000 histories');
  },
);
