import { energyRoles } from '@wattmark/shared/roles';
import { MINUTE_MS, QUARTER_MS } from '../accounting/interval.ts';
import { LEVEL_COUNT, overheadParts } from '../site/site.ts';

/** What a field holds; `integer` lines end in `i`, `text` is quoted. A field's kind can never change in a database. */
export type FieldKind = 'float' | 'integer' | 'text';

export interface FieldSpec {
  readonly name: string;
  readonly kind: FieldKind;
  readonly about: string;
  /** What stands before and after its value in a line. */
  readonly before: string;
  readonly after: string;
}

/** `kept`: the database that keeps everything; `minutes`: the one with a limited retention. */
export type DatabaseRole = 'kept' | 'minutes';

/**
 * One measurement: the only place that says how it is called, where it lies and what it holds. Tags are identities only, so that
 * a series never splits when something is described anew. Its times are the starts of intervals.
 */
export interface Measurement {
  readonly name: string;
  readonly database: DatabaseRole;
  readonly tags: readonly Tag[];
  readonly fields: readonly FieldSpec[];
  readonly about: string;
}

/** The tags there are, each with values out of a bounded set. */
export type Tag =
  | 'group'
  | 'site'
  | 'part'
  | 'point'
  | 'channel'
  | 'agent'
  | 'metric'
  | 'period'
  | 'kind'
  | 'severity'
  | 'collector';

/** A measurement of intervals, whose rows are restated. */
export interface IntervalMeasurement extends Measurement {
  /** Length of every interval, ms; of a local day the least that it has. */
  readonly lengthMs: number;
}

/** Name of the second database for a first one. */
export function minutesDatabase(database: string): string {
  return `${database}_minutes`;
}

/** Where the rows lie that a restatement replaced; its rows also have `start_ms`, because their times are not starts. */
export function supersededBy({ name }: IntervalMeasurement): string {
  return `${name}_superseded`;
}

/** Fields by their kinds; a unit stands last in the name, or in `about`. */
export const float = (name: string, about: string): FieldSpec => fieldOf(name, 'float', about);
export const integer = (name: string, about: string): FieldSpec => fieldOf(name, 'integer', about);
export const text = (name: string, about: string): FieldSpec => fieldOf(name, 'text', about);

function fieldOf(name: string, kind: FieldKind, about: string): FieldSpec {
  return { name, kind, about, before: `,${name}=`, after: kind === 'integer' ? 'i' : '' };
}

const RECORDED: FieldSpec = integer('recorded_ms', 'when the row was recorded, UTC ms');

/**
 * InfluxDB keeps the fields of an older row that a newer one lacks. This one is always written, so that a null that replaces a
 * value can be told.
 */
const ABSENT: FieldSpec = integer('absent', 'bits of what is unknown in the newest row, whatever other fields say');

const END: FieldSpec = integer('end_ms', 'end of the local day, UTC ms');

const pointFields: readonly FieldSpec[] = [
  float('energy_wh', 'energy drawn, estimated energy included, Wh'),
  float('estimated_wh', 'of it estimated'),
  float('export_wh', 'energy fed back, Wh; in longer intervals of the same time as the energy drawn'),
  float('min_w', 'least power sampled, W'),
  float('max_w', 'greatest power sampled, W'),
  integer('measured_ms', 'time measured'),
  integer('estimated_ms', 'time estimated'),
  integer('bridged_ms', 'of the time measured that whose total a register told'),
  RECORDED,
  ABSENT,
];

const pointTags = ['group', 'site', 'point'] as const;
const DAY_MS = 86_400_000;
/** A local day loses at most a few hours where clocks are set forward. */
const LEAST_DAY_MS = DAY_MS / 2;

/** The fields of a level, each called `l<0..3>_<name>`. */
export const levelFields = [
  'parts_wh',
  'parts_ms',
  'it_wh',
  'it_ms',
  'paired_total_wh',
  'paired_it_wh',
  'paired_ms',
  'estimated_ms',
] as const;

export const roleField = (role: string): string => `role_${role.replaceAll('-', '_')}_wh`;

const kindOf = (name: string): FieldKind => (name.endsWith('_ms') ? 'integer' : 'float');

const siteFields: readonly FieldSpec[] = [
  float('total_wh', 'total energy, Wh'),
  integer('total_ms', 'time for which the total is measured'),
  float('it_wh', 'IT (or telecom) energy at the level that counts, Wh'),
  integer('it_ms', 'time for which it is measured'),
  float('paired_total_wh', 'total while both are measured: the numerator of a PUE'),
  float('paired_it_wh', 'IT while both are measured: its denominator'),
  integer('paired_ms', 'time in which both are measured'),
  integer('estimated_ms', 'of it that with bridged points'),
  integer('level', 'the level that counts: 0 not said or telecom, 1 to 3 the categories of the PUE'),
  integer('length_ms', 'length of the interval'),
  float('supply_wh', 'energy supplied, Wh'),
  integer('supply_ms', 'time for which it is measured'),
  ...energyRoles.map((role) => float(roleField(role), `energy of role ${role}, Wh`)),
  ...overheadParts.flatMap((part) => [
    float(`overhead_${part}_wh`, `net energy of ${part}, Wh`),
    integer(`overhead_${part}_ms`, 'time for which it is measured'),
  ]),
  ...Array.from({ length: LEVEL_COUNT }, (_, level) =>
    levelFields.map((name) => fieldOf(`l${level}_${name}`, kindOf(name), `\`${name}\` of IT at level ${level}`)),
  ).flat(),
  RECORDED,
  ABSENT,
];

const gaugeTags = ['group', 'site', 'point', 'channel'] as const;

const gaugeSumFields: readonly FieldSpec[] = [
  float('sum', 'sum of the minutes’ means'),
  integer('minutes', 'how many they are; the mean is `sum` / `minutes`'),
  RECORDED,
];
const siteTags = ['group', 'site'] as const;
const partTags = ['group', 'site', 'part'] as const;

/** What the store consists of. */
export const intervals = {
  pointMinute: {
    name: 'wattmark_point_1m',
    database: 'minutes',
    tags: pointTags,
    fields: pointFields,
    lengthMs: MINUTE_MS,
    about: 'a point’s minute',
  },
  gaugeMinute: {
    name: 'wattmark_gauge_1m',
    database: 'minutes',
    tags: gaugeTags,
    fields: [
      float('min', 'least sample'),
      float('mean', 'mean of the samples'),
      float('max', 'greatest sample'),
      integer('samples', 'how many they are'),
      RECORDED,
    ],
    lengthMs: MINUTE_MS,
    about: 'what a channel that is not energy did in a minute',
  },
  pointQuarter: {
    name: 'wattmark_point_15m',
    database: 'kept',
    tags: pointTags,
    fields: pointFields,
    lengthMs: QUARTER_MS,
    about: 'a point’s quarter-hour',
  },
  gaugeQuarter: {
    name: 'wattmark_gauge_15m',
    database: 'kept',
    tags: gaugeTags,
    fields: gaugeSumFields,
    lengthMs: QUARTER_MS,
    about: 'a channel’s quarter-hour, of channels that figures are made of',
  },
  siteQuarter: {
    name: 'wattmark_site_15m',
    database: 'kept',
    tags: siteTags,
    fields: siteFields,
    lengthMs: QUARTER_MS,
    about: 'a site’s quarter-hour',
  },
  partQuarter: {
    name: 'wattmark_part_15m',
    database: 'kept',
    tags: partTags,
    fields: siteFields,
    lengthMs: QUARTER_MS,
    about: 'the quarter-hour of a part of a site',
  },
  pointDay: {
    name: 'wattmark_point_1d',
    database: 'kept',
    tags: pointTags,
    fields: [...pointFields, END],
    lengthMs: LEAST_DAY_MS,
    about: 'a point’s local day',
  },
  gaugeDay: {
    name: 'wattmark_gauge_1d',
    database: 'kept',
    tags: gaugeTags,
    fields: [...gaugeSumFields, END],
    lengthMs: LEAST_DAY_MS,
    about: 'a channel’s local day',
  },
  siteDay: {
    name: 'wattmark_site_1d',
    database: 'kept',
    tags: siteTags,
    fields: [...siteFields, END],
    lengthMs: LEAST_DAY_MS,
    about: 'a site’s local day',
  },
  partDay: {
    name: 'wattmark_part_1d',
    database: 'kept',
    tags: partTags,
    fields: [...siteFields, END],
    lengthMs: LEAST_DAY_MS,
    about: 'the local day of a part of a site',
  },
} as const satisfies Record<string, IntervalMeasurement>;

/** How far the store is complete: one point at time 0, written after everything that it speaks of. */
export const progress: Measurement = {
  name: 'wattmark_progress',
  database: 'kept',
  tags: [],
  fields: [
    integer('position', 'records of the evidence log whose consequences are all there'),
    ...Object.values(intervals).map(({ name }) =>
      integer(newestField(name), `newest start of a row of \`${name}\`, UTC ms`),
    ),
  ],
  about: 'how far the store is complete; only where InfluxDB is the store',
};

/** The field of `wattmark_progress` that says how far a measurement reaches. */
export function newestField(name: string): string {
  return `newest_${name.replace('wattmark_', '')}_ms`;
}
