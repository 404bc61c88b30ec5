import type { SourcesReport } from '@wattmark/shared/messages';
import type { AgentState } from '../figures.ts';
import type { RejectReason } from './accept.ts';

/**
 * What the collector knows of an agent beside the evidence: where its sequence stands in memory, and how it behaves.
 */
export class AgentEntry {
  readonly agentId: number;
  /** The sequence as far as accepted, which may be ahead of what is on disk. */
  epoch: string | null;
  seq: number;
  /** First message that the agent still had at its latest birth, and of which epoch. */
  birth: { readonly epoch: string; readonly firstSeq: number } | null = null;
  /** Of the birth put on record last, which may be ahead of what is on disk. */
  birthHash = '';
  duplicates = 0;
  rejected = 0;
  state: AgentState = 'unknown';
  seenMs: number | null = null;
  spoolDepth: number | null = null;
  /** How the agent's sources do, as it said last. */
  sources: SourcesReport | null = null;
  clockSkewMs: number | null = null;
  /** The readings of the last message, by place: agents send the same ones every tick. */
  readonly layoutPoints: string[] = [];
  readonly layoutChannels: string[] = [];
  readonly layoutSlots: number[] = [];

  constructor(agentId: number, epoch: string | null, seq: number) {
    this.agentId = agentId;
    this.epoch = epoch;
    this.seq = seq;
  }
}

export type Place = 'next' | 'duplicate' | 'too-early' | 'stale' | { readonly lost: number };

/**
 * Where a message stands in its agent's sequence. Only the next one is accepted; a higher one only where the agent's
 * latest birth says that it holds nothing older, and then what lies between is lost.
 */
export function placeOf(entry: AgentEntry, epoch: string, seq: number): Place {
  if (entry.epoch !== null && epoch < entry.epoch) return 'stale';
  const last = epoch === entry.epoch ? entry.seq : 0;
  if (seq <= last) return 'duplicate';
  if (seq === last + 1) return 'next';
  const { birth } = entry;
  if (birth === null || birth.epoch !== epoch || birth.firstSeq !== seq) return 'too-early';
  return { lost: seq - last - 1 };
}

/** Messages and readings that were not accepted, by reason. */
export class RejectCounters {
  readonly #counts = new Map<RejectReason, number>();

  add(reason: RejectReason, count = 1): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
  }

  toRecord(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
