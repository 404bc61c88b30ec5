import type { Adjustments, EnteredReading } from '../accounting/adjustments.ts';
import { type Change, type Correction, isPointChange, type PointChange, spanOf } from './change.ts';

/** All corrections on record, in their order; what is withdrawn stays in it and counts no more. */
export class CorrectionBook {
  readonly #corrections: Correction[] = [];
  readonly #withdrawn = new Map<string, Correction>();

  get all(): readonly Correction[] {
    return this.#corrections;
  }

  add(correction: Correction): void {
    this.#corrections.push(correction);
    if (correction.change.kind === 'withdraw') this.#withdrawn.set(correction.change.correction, correction);
  }

  find(id: string): Correction | undefined {
    return this.#corrections.find((correction) => correction.id === id);
  }

  /** The corrections of a site, oldest first. */
  of(siteId: number): readonly Correction[] {
    return this.#corrections.filter((correction) => correction.siteId === siteId);
  }

  /** The entry that withdrew a correction; undefined where it holds. */
  withdrawal(id: string): Correction | undefined {
    return this.#withdrawn.get(id);
  }

  /** The change that has to be computed: a withdrawal touches what the withdrawn entry touched. */
  effectOf({ change }: Pick<Correction, 'change'>): Change | undefined {
    return change.kind === 'withdraw' ? this.find(change.correction)?.change : change;
  }

  /** Imports whose readings count, in the order in which they were committed: of one minute the last one counts. */
  get imports(): readonly string[] {
    return this.#corrections.flatMap(({ id, change }) =>
      change.kind === 'import' && !this.#withdrawn.has(id) ? [change.import] : [],
    );
  }

  /** What the corrections that hold make of a point's readings. */
  adjustmentsOf(siteId: number, point: string): Adjustments {
    const changes = this.#corrections
      .filter((correction) => correction.siteId === siteId && !this.#withdrawn.has(correction.id))
      .flatMap(({ change }) => (isPointChange(change) && change.point === point ? [change] : []));
    return adjustmentsOf(changes);
  }
}

function adjustmentsOf(changes: readonly PointChange[]): Adjustments {
  return {
    voids: changes.filter(({ kind }) => kind === 'void').map(spanOf),
    factors: changes.flatMap((change) =>
      change.kind === 'factor' ? [{ ...spanOf(change), factor: change.factor }] : [],
    ),
    entered: changes.flatMap((change) => enteredOf(change) ?? []).sort((a, b) => a.atMs - b.atMs),
  };
}

function enteredOf(change: PointChange): EnteredReading | null {
  if (change.kind !== 'reading' && change.kind !== 'replacement') return null;
  const use = change.channel === 'energy-export' ? 'export' : 'register';
  const { at: atMs } = change;
  if (change.kind === 'reading') return { atMs, use, value: change.value, nextFirst: null };
  return { atMs, use, value: change.oldLast, nextFirst: change.newFirst };
}
