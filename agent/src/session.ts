import {
  type Ack,
  type Birth,
  type PointDeclaration,
  parseAck,
  type SourcesReport,
  type Status,
} from '@wattmark/shared/messages';
import { type Address, topicOf } from '@wattmark/shared/topics';
import type { Logger } from '@wattmark/shared/logger';
import type { BrokerConnection } from './broker-connection.ts';
import type { Clock } from './clock.ts';
import type { AckVerdict } from './spool-ledger.ts';
import type { Spool } from './spool.ts';
import type { SpooledMessage } from './spool-numbering.ts';
import type { Wake } from './wake.ts';

/**
 * Messages in flight without an acknowledgement. At 10 s it is over ten minutes of readings: enough to fill a long
 * line while a backlog drains, and little to send again after a go-back.
 */
const WINDOW = 64;

/** Acknowledgement timeouts in a row, without any acknowledgement before, that are worth a warning. */
const SILENT_TIMEOUTS = 3;

/** Bytes handed to the connection and not yet taken over by the broker, whatever the window allows. */
const MAX_UNANSWERED_BYTES = 4 * 1_048_576;

export interface Timing {
  /** Time without an acknowledgement after which the oldest message is sent again. */
  readonly ackTimeoutMs: number;
  /** Time without an answer of the broker after which the connection is given up. */
  readonly brokerTimeoutMs: number;
  readonly statusIntervalMs: number;
  /** Least time between two statuses of which the second only says that the sources do otherwise. */
  readonly newsIntervalMs: number;
}

export const defaultTiming: Timing = {
  ackTimeoutMs: 10_000,
  brokerTimeoutMs: 10_000,
  statusIntervalMs: 60_000,
  newsIntervalMs: 5_000,
};

/** Who speaks, and from what. */
export interface Speaker {
  readonly address: Address;
  /** Name and version of the program, as the birth message tells it. */
  readonly software: string;
  readonly spool: Spool;
  /** The points as they are now; the same array until they change. */
  readonly points: () => readonly PointDeclaration[];
  /** How the sources do now; the same object until that changes. */
  readonly report: () => SourcesReport;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly log: Logger;
}

export interface SessionStats {
  published: number;
  /** Acknowledgement timeouts after which the oldest message was sent again. */
  goBacks: number;
  /** Acknowledgements that were for another epoch, for messages that do not exist, or unreadable. */
  strayAcks: number;
  /** The highest number that may have been sent in the spool's epoch: an acknowledgement beyond is of other messages. */
  sentSeq: number;
}

/** What is said on one connection: birth and status, then the messages that the collector has not acknowledged. */
export class Session {
  readonly #speaker: Speaker;
  readonly #connection: BrokerConnection;
  readonly #wake: Wake;
  readonly #stats: SessionStats;
  #announced: { readonly points: readonly PointDeclaration[]; readonly gaps: number } | null = null;
  #statusMs = Number.NEGATIVE_INFINITY;
  #reported: SourcesReport | null = null;
  #next: number;
  #window = WINDOW;
  #progressMs: number;
  #reader: AsyncGenerator<SpooledMessage> | null = null;
  /** Whether this connection has begun a new epoch: whatever acknowledgements somebody makes up, it begins no more. */
  #renewed = false;
  #answered = false;
  #timeouts = 0;
  /** True once the collector has acknowledged something. */
  fruitful = false;

  constructor(speaker: Speaker, connection: BrokerConnection, wake: Wake, stats: SessionStats) {
    this.#speaker = speaker;
    this.#connection = connection;
    this.#wake = wake;
    this.#stats = stats;
    this.#next = speaker.spool.firstSeq;
    this.#progressMs = speaker.clock.monotonicMs();
  }

  /**
   * Keeps the window filled until `signal` aborts.
   * @throws why the connection is of no use any more.
   */
  async run(signal: AbortSignal): Promise<void> {
    this.#connection.subscribe(topicOf(this.#speaker.address, 'ack'));
    try {
      while (!signal.aborted) {
        this.#checkConnection();
        if (this.#speaker.spool.disputed) await this.#renew();
        this.#goBackWhereOverdue();
        this.#announce();
        const goOn = await this.#fillWindow();
        if (!goOn) await this.#wake.wait(this.#idleMs());
      }
    } finally {
      await this.#closeReader();
    }
  }

  /** Takes a message of the `ack` topic. */
  receive(payload: Uint8Array): void {
    const { spool, clock } = this.#speaker;
    const ack = parseAck(payload);
    const verdict = ack === null ? 'foreign' : this.#judge(ack);
    const isDisputed = verdict === 'beyond' || verdict === 'superseded';
    if (verdict === 'foreign' || isDisputed) this.#stats.strayAcks++;
    if (verdict !== 'foreign') this.#answered = true;
    if (isDisputed && !this.#renewed) {
      spool.dispute(ack?.epoch);
      this.#wake.wake();
    }
    if (verdict !== 'advanced') return;
    this.fruitful = true;
    this.#window = WINDOW;
    this.#progressMs = clock.monotonicMs();
    this.#wake.wake();
  }

  #judge({ epoch, seq }: Ack): AckVerdict {
    const { spool } = this.#speaker;
    return epoch === spool.epoch && seq > this.#stats.sentSeq ? 'beyond' : spool.ack(epoch, seq);
  }

  /** Publishes the retained status. */
  publishStatus(state: Status['state']): void {
    const { address, spool, clock, report } = this.#speaker;
    const sources = report();
    const status: Status = { v: 1, state, at: clock.now(), spoolDepth: spool.depth, lost: spool.lost, sources };
    this.#connection.publish(topicOf(address, 'status'), JSON.stringify(status), true);
    this.#statusMs = clock.monotonicMs();
    this.#reported = sources;
  }

  #checkConnection(): void {
    const { failure, silentMs } = this.#connection;
    if (failure !== null) throw failure;
    if (silentMs >= this.#speaker.timing.brokerTimeoutMs) throw new Error('the broker does not answer');
  }

  /** Says what the collector must know before it can take the next message, and once a while that all is well. */
  #announce(): void {
    const { address, software, spool, points, report, clock } = this.#speaker;
    const now = { points: points(), gaps: spool.gaps };
    const changed = now.points !== this.#announced?.points || now.gaps !== this.#announced.gaps;
    if (changed) {
      const { epoch, firstSeq } = spool;
      const birth: Birth = {
        v: 1,
        epoch,
        firstSeq,
        at: clock.now(),
        software,
        points: now.points,
        sources: report(),
      };
      this.#connection.publish(topicOf(address, 'birth'), JSON.stringify(birth), true);
      this.#announced = now;
    }
    if (changed || clock.monotonicMs() >= this.#nextStatusMs()) this.publishStatus('online');
  }

  #nextStatusMs(): number {
    const { report, timing } = this.#speaker;
    const isNews = report() !== this.#reported;
    return this.#statusMs + (isNews ? timing.newsIntervalMs : timing.statusIntervalMs);
  }

  /** @throws where the disk does not take it: the next connection tries again, and until then no message goes out. */
  async #renew(): Promise<void> {
    const { spool } = this.#speaker;
    await spool.renew();
    this.#renewed = true;
    this.#stats.sentSeq = 0;
    this.#announced = null;
    this.#moveTo(spool.firstSeq);
  }

  /**
   * A collector that is away gets one message at a time until it answers: a probe, not the whole window over and over.
   * The birth goes before it again: a collector that was restored from an older copy of its data learns from it what
   * the agent no longer holds.
   */
  #goBackWhereOverdue(): void {
    const { spool, clock, timing } = this.#speaker;
    const inFlight = this.#next > spool.firstSeq;
    if (!inFlight || clock.monotonicMs() - this.#progressMs < timing.ackTimeoutMs) return;
    this.#stats.goBacks++;
    this.#warnOfSilence();
    this.#window = 1;
    this.#announced = null;
    this.#moveTo(spool.firstSeq);
  }

  /** A broker takes what its access rules refuse without a word, and what nobody has subscribed to. */
  #warnOfSilence(): void {
    const { address, log } = this.#speaker;
    if (this.#answered || ++this.#timeouts !== SILENT_TIMEOUTS) return;
    log.warn(
      { topic: topicOf(address, 'readings'), group: address.group },
      "no acknowledgement comes: the broker's access rules may refuse the messages, or no collector takes this group",
    );
  }

  /** @returns whether there may be more to do at once. */
  async #fillWindow(): Promise<boolean> {
    const { spool, address, clock } = this.#speaker;
    const { gaps } = spool;
    while (this.#hasRoom()) {
      if (this.#next < spool.firstSeq) this.#moveTo(spool.firstSeq);
      const isNew = this.#reader === null;
      this.#reader ??= spool.messagesFrom(this.#next);
      const { value } = await this.#reader.next();
      if (value === undefined) {
        this.#reader = null;
        // It went as far as the spool did when it was opened.
        if (!isNew) continue;
        return spool.gaps !== gaps;
      }
      // A drop while the message was read: the birth has to go first.
      if (spool.gaps !== gaps) return true;
      if (this.#next === spool.firstSeq) this.#progressMs = clock.monotonicMs();
      this.#connection.publish(topicOf(address, 'readings'), value.payload, false);
      this.#stats.published++;
      this.#stats.sentSeq = Math.max(this.#stats.sentSeq, value.seq);
      this.#next = value.seq + 1;
    }
    return false;
  }

  #hasRoom(): boolean {
    const { spool } = this.#speaker;
    const { failure, unansweredBytes } = this.#connection;
    if (failure !== null || unansweredBytes >= MAX_UNANSWERED_BYTES) return false;
    const next = Math.max(this.#next, spool.firstSeq);
    return next < Math.min(spool.firstSeq + this.#window, spool.nextSeq, this.#newFrom());
  }

  /**
   * Until the collector has acknowledged something, only one message goes out that never did before. With a whole
   * window of them in flight, an acknowledgement of messages that are not this spool's could not be told from a true one.
   */
  #newFrom(): number {
    return this.fruitful ? Number.POSITIVE_INFINITY : Math.max(this.#stats.sentSeq, this.#speaker.spool.firstSeq) + 1;
  }

  #moveTo(seq: number): void {
    this.#next = seq;
    this.#progressMs = this.#speaker.clock.monotonicMs();
    void this.#closeReader();
  }

  async #closeReader(): Promise<void> {
    const reader = this.#reader;
    this.#reader = null;
    await reader?.return(undefined).catch(() => {});
  }

  /** Time until something is due without anybody's news. */
  #idleMs(): number {
    const { spool, clock, timing } = this.#speaker;
    const nowMs = clock.monotonicMs();
    const ackMs = this.#next > spool.firstSeq ? this.#progressMs + timing.ackTimeoutMs - nowMs : timing.ackTimeoutMs;
    return Math.max(0, Math.min(ackMs, this.#nextStatusMs() - nowMs, timing.brokerTimeoutMs));
  }
}
