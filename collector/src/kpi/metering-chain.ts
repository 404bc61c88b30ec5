import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accuracyClasses } from '@wattmark/shared/roles';
import * as v from 'valibot';
import type { Site, SitePoint } from '../site/site.ts';

const tableSchema = v.record(v.string(), v.pipe(v.number(), v.gtValue(0)));
const table = v.parse(
  v.object({ current: v.object({ classes: tableSchema }), voltage: v.object({ classes: tableSchema }) }),
  JSON.parse(readFileSync(join(import.meta.dirname, 'transformer-classes.json'), 'utf8')),
);

/** Limits of error of transformers by their class, per cent; none for a meter that is connected directly. */
export const currentClasses: Readonly<Record<string, number>> = { ...table.current.classes, direct: 0 };
export const voltageClasses: Readonly<Record<string, number>> = { ...table.voltage.classes, direct: 0 };

/** YAML reads an unquoted class 1 or 0.2 as a number. */
function classOf(classes: Readonly<Record<string, number>>) {
  const text = v.pipe(v.union([v.string(), v.number()]), v.transform(String));
  const names = Object.entries(classes)
    .sort(([, a], [, b]) => a - b)
    .map(([name]) => name)
    .join(', ');
  return v.pipe(
    text,
    v.check((name) => Object.hasOwn(classes, name), `must be one of ${names}`),
  );
}

/** What a site file says of a point's accuracy, beside the class of its meter. */
export const accuracyKeys = {
  ctClass: v.optional(classOf(currentClasses)),
  vtClass: v.optional(classOf(voltageClasses)),
  limitPercent: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(100))),
  resolutionWh: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1e9))),
  commonCause: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
};

const accuracySchema = v.object(accuracyKeys);
type AccuracySettings = v.InferOutput<typeof accuracySchema>;

/** Everything between the quantity and its reading that has a limit of error. */
export interface MeteringChain {
  /** Limit of the meter, per cent of the reading; null where nobody said. */
  readonly meterPercent: number | null;
  /** Limits of the transformers in front of it, per cent. */
  readonly transformerPercents: readonly number[];
  /** Nothing is known of the current transformer, and it is taken to be of the meter's own class. */
  readonly isTransformerAssumed: boolean;
  /** Step of the register, Wh; 0 where nobody said. */
  readonly resolutionWh: number;
  /** Name of the group of points whose errors are one and the same, such as a batch of transformers; null for none. */
  readonly commonCause: string | null;
}

type Accuracy = Pick<SitePoint, 'accuracyClass' | 'role' | 'carrier'>;

/** What has no error. */
export const exact: MeteringChain = {
  meterPercent: 0,
  transformerPercents: [],
  isTransformerAssumed: false,
  resolutionWh: 0,
  commonCause: null,
};

/**
 * The chain of one point. `limitPercent` stands for the whole of an instrument that has no class of IEC 62053, such as a flow or
 * heat meter. A voltage transformer that nobody names is taken not to be there.
 */
export function chainOf(point: Accuracy, settings: AccuracySettings = {}): MeteringChain {
  const { ctClass, vtClass, limitPercent } = settings;
  const meterPercent = limitPercent ?? (point.accuracyClass === null ? null : accuracyClasses[point.accuracyClass]);
  const isTransformerAssumed =
    ctClass === undefined && limitPercent === undefined && meterPercent !== null && isElectric(point);
  const current = isTransformerAssumed ? meterPercent : limitOf(currentClasses, ctClass);
  return {
    meterPercent,
    transformerPercents: [current, limitOf(voltageClasses, vtClass)].filter((percent) => percent > 0),
    isTransformerAssumed,
    resolutionWh: settings.resolutionWh ?? 0,
    commonCause: settings.commonCause ?? null,
  };
}

function limitOf(classes: Readonly<Record<string, number>>, name = 'direct'): number {
  return classes[name] as number;
}

/** The chains of a site's points, by their ids. */
export function chainsOf(site: Site): (point: SitePoint) => MeteringChain {
  const settings = new Map(site.file.points.map((point) => [point.point, point]));
  return (point) => chainOf(point, settings.get(point.point));
}

/** Meters of heat and fuels have no current transformer. */
function isElectric({ role, carrier }: Accuracy): boolean {
  return carrier === 'electricity' && role !== 'heat-removal' && role !== 'heat-reuse';
}
