/** An owner silent for this long loses a point to another agent that reports it. */
const TAKEOVER_MS = 60_000;

/** Whose readings count for each point: those of the first agent to report it, until it has been silent for long enough. */
export class PointOwners {
  readonly #agents: number[] = [];
  /** Time of the last reading that counted. */
  readonly #seenMs: number[] = [];
  /** Changes whenever a point gets another owner. */
  version = 0;

  of(pointId: number): number | undefined {
    return this.#agents[pointId];
  }

  /** Whether an agent's reading counts; the agent becomes the owner where the point has none, or a silent one. */
  admit(pointId: number, agentId: number, atMs: number, maxGapMs: number): boolean {
    const owner = this.#agents[pointId];
    if (owner !== agentId) {
      const silentMs = atMs - (this.#seenMs[pointId] ?? 0);
      if (owner !== undefined && silentMs <= Math.max(maxGapMs, TAKEOVER_MS)) return false;
      this.#agents[pointId] = agentId;
      this.version++;
    }
    this.#seenMs[pointId] = Math.max(atMs, this.#seenMs[pointId] ?? 0);
    return true;
  }

  save(): OwnersState {
    return {
      agents: Float64Array.from(this.#agents, (agent) => agent ?? -1),
      seenMs: Float64Array.from(this.#seenMs, (ms) => ms ?? 0),
    };
  }

  load({ agents, seenMs }: OwnersState): void {
    for (const [pointId, agent] of agents.entries()) if (agent >= 0) this.#agents[pointId] = agent;
    for (const [pointId, ms] of seenMs.entries()) this.#seenMs[pointId] = ms;
  }
}

export interface OwnersState {
  readonly agents: Float64Array;
  readonly seenMs: Float64Array;
}
