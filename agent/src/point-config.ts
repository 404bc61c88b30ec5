import { type Channel, channelNames } from '@wattmark/shared/channels';
import { id } from '@wattmark/shared/config';
import { limits, type Meter, type PointDeclaration } from '@wattmark/shared/messages';
import { type AccuracyClass, accuracyClasses, levels, roles } from '@wattmark/shared/roles';
import * as v from 'valibot';

export const accuracyClass = v.picklist(Object.keys(accuracyClasses) as AccuracyClass[]);

/** What an operator may say about a point, whatever reads it. */
export const pointEntries = {
  point: id,
  name: v.optional(v.pipe(v.string(), v.nonEmpty(), v.maxLength(limits.nameLength))),
  role: v.optional(v.picklist(roles)),
  level: v.optional(v.picklist(levels)),
  feeds: v.optional(v.array(id)),
  // YAML reads an unquoted class 1 or 0.2 as a number.
  accuracyClass: v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(String), accuracyClass)),
  channels: v.optional(v.pipe(v.array(v.picklist(channelNames)), v.nonEmpty('must name at least one channel'))),
  /** W, of the load or the breaker. Only a check looks at it, for a factor of 10 or 1000. */
  ratedPower: v.optional(v.pipe(v.number(), v.gtValue(0))),
} as const;

/** True marks the points of a source as a simulation wherever their figures are shown. */
export const simulated = v.optional(v.boolean(), false);

const pointSchema = v.pipe(
  v.strictObject({ ...pointEntries, from: v.optional(v.string()) }),
  v.check((point) => point.level === undefined || point.role === 'it', 'level is only for a point with role: it'),
);

/** The points of a source whose instrument is described by a profile; `from` selects a section of it. */
export const pointsConfig = v.pipe(
  v.array(pointSchema),
  v.nonEmpty('must name at least one point'),
  v.maxLength(limits.pointsPerAgent),
  v.check(
    (points) => new Set(points.map((point) => point.point)).size === points.length,
    'must not name a point more than once',
  ),
);

export type PointConfig = v.InferOutput<typeof pointSchema>;

/** What the source adds to the operator's words. */
export interface PointFacts {
  readonly source: string;
  readonly intervalMs: number;
  readonly simulated: boolean;
  readonly channels: readonly Channel[];
  readonly method?: string | undefined;
  readonly energyModulusWh?: number | undefined;
  /** Of the model, by its data sheet; the operator's word comes first. */
  readonly accuracyClass?: AccuracyClass | undefined;
  readonly meter?: Meter | undefined;
}

/** The announcement of a point in the agent's birth message; what nobody said is left out. */
export function declarePoint(config: Omit<PointConfig, 'from' | 'channels'>, facts: PointFacts): PointDeclaration {
  const { point, channels, source, intervalMs } = { ...config, ...facts };
  return {
    point,
    ...said('name', config.name),
    ...said('role', config.role),
    ...said('level', config.level),
    ...said('feeds', config.feeds),
    channels,
    source,
    ...said('accuracyClass', config.accuracyClass ?? facts.accuracyClass),
    intervalMs,
    ...said('simulated', facts.simulated || undefined),
    ...said('method', facts.method),
    ...said('energyModulusWh', facts.energyModulusWh),
    ...said('meter', facts.meter),
  };
}

function said<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: T });
}
