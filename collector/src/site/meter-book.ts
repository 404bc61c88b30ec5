import type { Birth } from '@wattmark/shared/messages';

/** Another instrument took a point's place, as its agent announced. */
export interface MeterChange {
  readonly pointId: number;
  readonly agentId: number;
  /** When the agent announced it, by its own clock, UTC ms. */
  readonly atMs: number;
  /** Serial numbers. */
  readonly before: string;
  readonly after: string;
}

/** Of each point; older ones are forgotten. */
const MAX_CHANGES = 16;

/** When points got another instrument: from then on a register goes on from another value. */
export class MeterBook {
  readonly #changes = new Map<number, MeterChange[]>();

  /**
   * To be told of each birth before it counts.
   * @param announced number of a point, and the serial number that the agent announced of it before; null for none
   */
  note(
    agentId: number,
    { at: atMs, points }: Birth,
    announced: (point: string) => { readonly pointId: number; readonly serial: string } | null,
  ): void {
    for (const { point, meter } of points) {
      const after = meter?.serial;
      const known = after === undefined ? null : announced(point);
      if (after === undefined || known === null || known.serial === after) continue;
      const { pointId, serial: before } = known;
      this.#add({ pointId, agentId, atMs, before, after });
    }
  }

  of(pointId: number): readonly MeterChange[] {
    return this.#changes.get(pointId) ?? [];
  }

  save(): readonly MeterChange[] {
    return [...this.#changes.values()].flat();
  }

  load(changes: readonly MeterChange[]): void {
    for (const change of changes) this.#add(change);
  }

  #add(change: MeterChange): void {
    const ofPoint = [...this.of(change.pointId), change];
    this.#changes.set(change.pointId, ofPoint.slice(-MAX_CHANGES));
  }
}
