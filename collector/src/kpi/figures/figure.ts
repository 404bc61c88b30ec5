import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

export const figureIds = [
  'energy',
  'emissions',
  'cue',
  'wue',
  'ref',
  'erf',
  'ere',
  'cer',
  'iteusv',
  'energyCost',
  'overheadCost',
] as const;
export type FigureId = (typeof figureIds)[number];

/** One number that a figure is made of. */
export interface Input {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Where a number that nobody measured comes from; null for a measured one. */
  readonly source: string | null;
}

/** A figure over a period with what it was made of. */
export interface Figure {
  readonly value: number | null;
  readonly unit: string;
  /** Why the value is null, and what to do; null where there is a value. */
  readonly reason: string | null;
  /** Share of the elapsed period that the value is of, 0 to 1; null where nothing was measured for it. */
  readonly coverage: number | null;
  readonly inputs: readonly Input[];
  /** What a reader must know before citing the value. */
  readonly notes: readonly string[];
}

const definitionSchema = v.strictObject({
  id: v.picklist(figureIds),
  name: v.string(),
  unit: v.string(),
  formula: v.string(),
  standard: v.nullable(v.string()),
  edition: v.nullable(v.string()),
  source: v.string(),
});
type Definition = Readonly<v.InferOutput<typeof definitionSchema>>;

/** What each figure is, and where that was found. */
export const definitions: readonly Definition[] = v.parse(
  v.array(definitionSchema),
  JSON.parse(readFileSync(join(import.meta.dirname, 'definitions.json'), 'utf8')),
);

export function definitionOf(id: FigureId): Definition {
  return definitions.find((definition) => definition.id === id) as Definition;
}

interface About {
  readonly unit?: string;
  readonly coverage?: number | null;
  readonly inputs?: readonly Input[];
  readonly notes?: readonly string[];
}

/** A figure that has a value. */
export function known(id: FigureId, value: number, about: About = {}): Figure {
  return { ...complete(id, about), value, reason: null };
}

/** A figure that has none, and why. */
export function unknown(id: FigureId, reason: string, about: About = {}): Figure {
  return { ...complete(id, about), value: null, reason };
}

export function measured(name: string, value: number, unit: string): Input {
  return { name, value, unit, source: null };
}

function complete(
  id: FigureId,
  { unit, coverage = null, inputs = [], notes = [] }: About,
): Omit<Figure, 'value' | 'reason'> {
  return { unit: unit ?? definitionOf(id).unit, coverage, inputs, notes };
}
