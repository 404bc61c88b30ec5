import type { PointInterval, Span } from '../accounting/interval.ts';
import type { AgentFigures } from '../figures.ts';
import { behind, type Instrument } from '../kpi/contributions.ts';
import { chainsOf, type MeteringChain } from '../kpi/metering-chain.ts';
import type { Site, SitePoint } from '../site/site.ts';
import type { RegisterNote, SiteNotes } from './notes.ts';
import { type Tree, treeOf } from './tree.ts';

/** Some steps that are judged together: an hour or a local day, or what there is of it. */
export interface Cell extends Span {
  /** Indices of its steps. */
  readonly steps: readonly number[];
}

/** What an inspection is made of. */
export interface InspectionParts {
  readonly site: Site;
  /** The period asked for, as far as it can be known. */
  readonly span: Span;
  /** Successive boundaries of steps that are over, ascending; fewer than two where there is none. */
  readonly edgesMs: readonly number[];
  /** Beginnings of the local days that the steps lie in, ascending. */
  readonly daysMs: readonly number[];
  /** Sums of points between the edges. */
  readonly rows: readonly PointInterval[];
  readonly notes: SiteNotes;
  /** The site's agents as they are now; none where the past is asked for. */
  readonly agents: readonly AgentFigures[];
  /** By number. */
  readonly agentNames: readonly string[];
  /** Only what was known then, UTC ms; null for all that is known now. */
  readonly asOfMs: number | null;
}

/** Everything that the checks look at; they ask nobody and read no clock. */
export interface Inspection {
  readonly site: Site;
  readonly tree: Tree;
  readonly span: Span;
  readonly steps: readonly Span[];
  readonly hours: readonly Cell[];
  readonly days: readonly Cell[];
  readonly notes: SiteNotes;
  readonly agents: readonly AgentFigures[];
  readonly agentNames: readonly string[];
  readonly asOfMs: number | null;
  /** What a point drew in a step; undefined where nothing is known of it. */
  row(point: SitePoint, step: number): PointInterval | undefined;
  register(point: SitePoint): RegisterNote | undefined;
  /** What measures a point: itself, or behind a virtual one the points that it is made of. */
  instruments(point: SitePoint): readonly Instrument[];
  chain(point: SitePoint): MeteringChain;
}

const HOUR_MS = 3_600_000;

export function inspectionOf({ edgesMs, daysMs, rows, ...parts }: InspectionParts): Inspection {
  const steps = edgesMs.slice(1).map((toMs, index): Span => ({ fromMs: edgesMs[index] as number, toMs }));
  const stepOf = new Map(steps.map(({ fromMs }, index) => [fromMs, index]));
  const byPoint = new Map<number, (PointInterval | undefined)[]>();
  for (const row of rows) {
    const step = stepOf.get(row.startMs);
    if (step === undefined) continue;
    let ofPoint = byPoint.get(row.pointId);
    if (ofPoint === undefined) byPoint.set(row.pointId, (ofPoint = []));
    ofPoint[step] = row;
  }
  const { points } = parts.site;
  const byName = new Map(points.map((point) => [point.point, point]));
  const instruments = new Map(
    points.map((point): [SitePoint, readonly Instrument[]] => [
      point,
      point.virtual === null ? [{ point, factor: 1 }] : behind(point, 1, byName),
    ]),
  );
  const chainOf = chainsOf(parts.site);
  const chains = new Map(points.map((point) => [point, chainOf(point)]));
  const registers = new Map(parts.notes.registers.map((note) => [note.pointId, note]));
  return {
    ...parts,
    tree: treeOf(parts.site),
    steps,
    hours: cells(steps, ({ fromMs }) => Math.floor(fromMs / HOUR_MS)),
    days: cells(steps, ({ fromMs }) => daysMs.findLastIndex((dayMs) => dayMs <= fromMs)),
    row: ({ pointId }, step) => (pointId === null ? undefined : byPoint.get(pointId)?.[step]),
    register: ({ pointId }) => (pointId === null ? undefined : registers.get(pointId)),
    instruments: (point) => instruments.get(point) ?? [],
    chain: (point) => chains.get(point) ?? chainOf(point),
  };
}

/** Neighbouring steps of one key. */
function cells(steps: readonly Span[], keyOf: (step: Span) => number): Cell[] {
  const result: { key: number; fromMs: number; toMs: number; steps: number[] }[] = [];
  for (const [index, step] of steps.entries()) {
    const key = keyOf(step);
    const last = result.at(-1);
    if (last?.key === key) {
      last.toMs = step.toMs;
      last.steps.push(index);
    } else result.push({ key, ...step, steps: [index] });
  }
  return result.map(({ key: _, ...cell }) => cell);
}
