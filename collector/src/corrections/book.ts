import type { Adjustments, EnteredReading } from '../accounting/adjustments.ts';
import type { Span } from '../accounting/interval.ts';
import {
  type Change,
  type Correction,
  type CorrectionEntry,
  isPointChange,
  type PointChange,
  spanOf,
} from './change.ts';
import { reachOf } from './reach.ts';

/** A correction with what became of it. */
export interface RecordedCorrection extends Correction {
  /** What has to be computed for it: a withdrawal has the effect of what it withdrew, the other way round. */
  readonly effective: Change;
  /** The entry that withdrew it; null while it holds. */
  readonly withdrawal: Correction | null;
  /** The points whose energies it touches. */
  readonly points: readonly string[];
  /** The time whose energies it touches; null where it touches none. */
  readonly span: Span | null;
}

/** Points and time of an import; null where there is no such import. */
type TouchedByImport = (id: string) => Pick<RecordedCorrection, 'points' | 'span'> | null;

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
    return adjustmentsOf(this.#holding(siteId).filter((change) => change.point === point));
  }

  /** A book of its own in which one more entry is on record. */
  with(siteId: number, entry: CorrectionEntry): CorrectionBook {
    const book = new CorrectionBook();
    for (const correction of this.#corrections) book.add(correction);
    book.add({ ...entry, id: '', siteId, recordedMs: Number.NaN });
    return book;
  }

  /** The corrections of a site with what became of them, oldest first. */
  recorded(siteId: number, touchedByImport: TouchedByImport): RecordedCorrection[] {
    const byPoint = new Map<string, PointChange[]>();
    for (const change of this.#holding(siteId)) {
      const ofPoint = byPoint.get(change.point);
      if (ofPoint === undefined) byPoint.set(change.point, [change]);
      else ofPoint.push(change);
    }
    const adjustments = new Map([...byPoint].map(([point, changes]) => [point, adjustmentsOf(changes)]));
    return this.of(siteId).map((correction) => {
      const effective = this.effectOf(correction) ?? correction.change;
      const withdrawal = this.withdrawal(correction.id) ?? null;
      const touched =
        effective.kind === 'import' ? touchedByImport(effective.import) : touchedBy(effective, adjustments);
      return { ...correction, effective, withdrawal, ...(touched ?? nothingTouched) };
    });
  }

  /** Changes to points that are not withdrawn. */
  #holding(siteId: number): PointChange[] {
    return this.#corrections
      .filter((correction) => correction.siteId === siteId && !this.#withdrawn.has(correction.id))
      .flatMap(({ change }) => (isPointChange(change) ? [change] : []));
  }
}

/**
 * The corrections that hold and change energies of a span.
 * @param asOfMs as was on record then, UTC ms; null for now
 */
export function touching(
  corrections: readonly RecordedCorrection[],
  { fromMs, toMs }: Span,
  asOfMs: number | null,
): RecordedCorrection[] {
  return corrections
    .filter(
      ({ change, span }) => change.kind !== 'withdraw' && span !== null && span.fromMs < toMs && span.toMs > fromMs,
    )
    .filter((correction) => holdsAt(correction, asOfMs));
}

/** Whether a correction was on record at an instant, and not withdrawn; null for now. */
export function holdsAt({ recordedMs, withdrawal }: RecordedCorrection, asOfMs: number | null): boolean {
  const untilMs = asOfMs ?? Number.POSITIVE_INFINITY;
  return recordedMs <= untilMs && (withdrawal === null || withdrawal.recordedMs > untilMs);
}

type Touched = Pick<RecordedCorrection, 'points' | 'span'>;

const nothingTouched: Touched = { points: [], span: null };

/** What a change touches whose points and times are its own. */
function touchedBy(change: Change, adjustments: ReadonlyMap<string, Adjustments>): Touched {
  if (change.kind === 'structure') return { points: [], span: { fromMs: change.from, toMs: Number.POSITIVE_INFINITY } };
  if (!isPointChange(change)) return nothingTouched;
  const { point } = change;
  const ofPoint = adjustments.get(point);
  return { points: [point], span: ofPoint === undefined ? spanOf(change) : reachOf(spanOf(change), ofPoint) };
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

/** The register value that a change enters; null where it is of another kind. */
export function enteredOf(change: PointChange): EnteredReading | null {
  if (change.kind !== 'reading' && change.kind !== 'replacement') return null;
  const use = change.channel === 'energy-export' ? 'export' : 'register';
  const { at: atMs } = change;
  if (change.kind === 'reading') return { atMs, use, value: change.value, nextFirst: null };
  return { atMs, use, value: change.oldLast, nextFirst: change.newFirst };
}
