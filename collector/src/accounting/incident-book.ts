import type { MessageHead } from '../evidence/record.ts';

/** What can happen to a reading other than being booked. */
export type IncidentKind =
  /** The register fell or jumped: what flowed before it is unknown. */
  | 'reset'
  /** The sample is too far from the one before. */
  | 'gap'
  /** The reading is no newer than what is booked, and could not be put in its place. */
  | 'late'
  /** Another agent's readings of the point count. */
  | 'conflict';

/** What happened to a point's readings again and again, with no more than an hour in between. */
export interface Incident {
  readonly pointId: number;
  readonly kind: IncidentKind;
  /** The agent whose readings they were. */
  readonly agentId: number;
  /** Times of the first and the last reading, UTC ms. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Readings. */
  readonly count: number;
  /** When the first arrived: from then on it was known, UTC ms. */
  readonly receivedMs: number;
  /** Of a reset, the register before and after the last one, Wh; without meaning otherwise. */
  readonly beforeWh: number;
  readonly afterWh: number;
}

export type IncidentBookState = readonly Incident[];

const MERGE_MS = 3_600_000;

/** Incidents of one kind kept for a point; beyond it the oldest become one, so that nothing is lost but detail. */
const MAX_INCIDENTS = 16;

/** When readings of each point were not simply booked: by it, an auditor finds the time that a counter only counts. */
export class IncidentBook {
  /** Only of the points to which anything happened, oldest first. */
  readonly #incidents = new Map<number, Incident[]>();

  note(
    kind: IncidentKind,
    pointId: number,
    { agentId, atMs, receivedMs }: MessageHead,
    beforeWh: number,
    afterWh: number,
  ): void {
    const all = this.#incidents.get(pointId) ?? [];
    const noted = { pointId, kind, agentId, fromMs: atMs, toMs: atMs, count: 1, receivedMs, beforeWh, afterWh };
    const index = all.findLastIndex((incident) => incident.kind === kind && incident.agentId === agentId);
    const last = all[index];
    if (last !== undefined && Math.abs(atMs - last.toMs) <= MERGE_MS) all[index] = joined(last, noted);
    else {
      all.push(noted);
      shorten(all, kind);
    }
    this.#incidents.set(pointId, all);
  }

  of(pointId: number): readonly Incident[] {
    return this.#incidents.get(pointId) ?? [];
  }

  save(): IncidentBookState {
    return [...this.#incidents.values()].flat();
  }

  load(state: IncidentBookState): void {
    for (const incident of state) {
      const all = this.#incidents.get(incident.pointId);
      if (all === undefined) this.#incidents.set(incident.pointId, [incident]);
      else all.push(incident);
    }
  }
}

function joined(earlier: Incident, later: Incident): Incident {
  return {
    ...later,
    fromMs: Math.min(earlier.fromMs, later.fromMs),
    toMs: Math.max(earlier.toMs, later.toMs),
    count: earlier.count + later.count,
    receivedMs: earlier.receivedMs,
  };
}

function shorten(all: Incident[], kind: IncidentKind): void {
  const indices = all.flatMap((incident, index) => (incident.kind === kind ? [index] : []));
  const [first, second] = indices;
  if (indices.length <= MAX_INCIDENTS || first === undefined || second === undefined) return;
  all[second] = joined(all[first] as Incident, all[second] as Incident);
  all.splice(first, 1);
}
