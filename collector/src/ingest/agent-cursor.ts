/** Where an agent's sequence stands in the log. */
export interface AgentCursor {
  epoch: string | null;
  /** Last sequence number received in the epoch; 0 before the first. */
  seq: number;
  /** Messages that the agent lost by its own account. */
  lost: number;
  software: string | null;
  /** Tells whether a birth announces anything new; empty before the first. */
  birthHash: string;
  /** Time of the newest message, and when it arrived; NaN before the first. */
  atMs: number;
  receivedMs: number;
}

/** Of an agent that has not said anything. */
export function newAgentCursor(): AgentCursor {
  return {
    epoch: null,
    seq: 0,
    lost: 0,
    software: null,
    birthHash: '',
    atMs: Number.NaN,
    receivedMs: Number.NaN,
  };
}
