import type { MessageHead } from '../evidence/record.ts';

/** Time in which an agent's messages carried times that cannot be right, or came with a steady delay. */
export interface SkewSpan {
  readonly agentId: number;
  /** `ahead` is certain; `behind` may also be a delay between agent and collector that stays the same. */
  readonly kind: 'ahead' | 'behind';
  /** By the agent's clock, UTC ms: the times of the readings concerned. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The greatest difference to the time of arrival, ms. */
  readonly worstMs: number;
  readonly messages: number;
  /** When the first message arrived, and the last, by the collector's clock, UTC ms. */
  readonly receivedMs: number;
  readonly lastReceivedMs: number;
}

interface AgentClock {
  atMs: number;
  receivedMs: number;
  /** Messages in a row that came late and at the pace at which they were made. */
  lagging: number;
  /** The time of the first of them. */
  laggingFromMs: number;
  spans: SkewSpan[];
}

export type ClockBookState = readonly (AgentClock | null)[];

/** Less than this is how long instruments, networks and disks take. */
export const NOTED_SKEW_MS = 10_000;

/**
 * So many messages in a row must lag at their own pace before it is their clock: the first one after an outage lags, too,
 * and those behind it come all at once.
 */
const LEAST_LAGGING = 5;

/** Messages come at the pace at which they were made where no more than twice as fast. */
const LEAST_PACE = 0.5;

const MERGE_MS = 3_600_000;
const MAX_SPANS = 32;

/**
 * When agents' clocks differed from the collector's, from the times of readings and of their arrival alone, so that it
 * follows from the evidence log.
 */
export class ClockBook {
  readonly #agents: (AgentClock | undefined)[] = [];

  note({ agentId, atMs, receivedMs }: MessageHead): void {
    const agent = (this.#agents[agentId] ??= newClock());
    const delayMs = receivedMs - atMs;
    const seen = { agentId, fromMs: atMs, toMs: atMs, worstMs: Math.abs(delayMs), messages: 1 };
    const times = { receivedMs, lastReceivedMs: receivedMs };
    if (delayMs < -NOTED_SKEW_MS) extend(agent.spans, { kind: 'ahead', ...seen, ...times });
    // A tick's second message says no more than its first.
    if (atMs <= agent.atMs && receivedMs - agent.receivedMs < MERGE_MS) return;
    const madeMs = atMs - agent.atMs;
    const cameMs = receivedMs - agent.receivedMs;
    const isLagging = delayMs > NOTED_SKEW_MS && cameMs >= LEAST_PACE * madeMs;
    agent.lagging = isLagging ? agent.lagging + 1 : 0;
    if (agent.lagging === 1) agent.laggingFromMs = atMs;
    agent.atMs = atMs;
    agent.receivedMs = receivedMs;
    if (agent.lagging < LEAST_LAGGING) return;
    const messages = agent.lagging === LEAST_LAGGING ? LEAST_LAGGING : 1;
    extend(agent.spans, { kind: 'behind', ...seen, fromMs: agent.laggingFromMs, messages, ...times });
  }

  of(agentId: number): readonly SkewSpan[] {
    return this.#agents[agentId]?.spans ?? [];
  }

  save(): ClockBookState {
    return Array.from(this.#agents, (agent) => (agent === undefined ? null : { ...agent, spans: [...agent.spans] }));
  }

  load(state: ClockBookState): void {
    for (const [agentId, agent] of state.entries()) {
      if (agent !== null) this.#agents[agentId] = { ...agent, spans: [...agent.spans] };
    }
  }
}

function newClock(): AgentClock {
  return { atMs: Number.NaN, receivedMs: Number.NaN, lagging: 0, laggingFromMs: Number.NaN, spans: [] };
}

/** Adds to the newest span of the kind where that is not long ago, else begins another. */
function extend(spans: SkewSpan[], seen: SkewSpan): void {
  const index = spans.findLastIndex(({ kind }) => kind === seen.kind);
  const last = spans[index];
  if (last === undefined || seen.receivedMs - last.lastReceivedMs > MERGE_MS) {
    spans.push(seen);
    if (spans.length > MAX_SPANS) spans.shift();
    return;
  }
  spans[index] = {
    ...seen,
    fromMs: Math.min(last.fromMs, seen.fromMs),
    toMs: Math.max(last.toMs, seen.toMs),
    worstMs: Math.max(last.worstMs, seen.worstMs),
    messages: last.messages + seen.messages,
    receivedMs: last.receivedMs,
  };
}
