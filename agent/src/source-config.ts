import { durationMs } from '@wattmark/shared/config';
import * as v from 'valibot';
import type { SourceModule } from './source.ts';

/** The modules of the kinds that a file names, and the names of all kinds that exist. */
export interface KnownKinds {
  readonly kinds: readonly string[];
  readonly modules: ReadonlyMap<string, SourceModule>;
}

/** One entry of `sources`; intervals and deadlines in milliseconds. */
export interface SourceEntry {
  readonly kind: string;
  readonly interval?: number | undefined;
  readonly deadline?: number | undefined;
  /** The source's own keys, as the schema of its kind gives them. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Schema of a duration between two others; all in milliseconds. */
export function durationBetween(leastMs: number, mostMs: number, message: string): v.GenericSchema<string, number> {
  return v.pipe(durationMs, v.minValue(leastMs, message), v.maxValue(mostMs, message));
}

/** Of an answer, or of all that a tick asks for. Much longer ones would be over at once: Node's timers have 31 bits. */
export const timeoutMs = durationBetween(10, 3_600_000, 'must be between 10ms and 1h');

export const intervalMs = durationBetween(1_000, 3_600_000, 'must be between 1s and 1h');

/** Schema of the list of sources: of each entry the keys that all have, and beside them those of its kind. */
export function sourcesSchema(known: KnownKinds): v.GenericSchema<unknown, SourceEntry[]> {
  return v.pipe(
    v.array(
      v.lazy((input) => entrySchema(input, known)),
      'must be a list of sources',
    ),
    v.nonEmpty('must name at least one source'),
    distinctPoints,
  );
}

function entrySchema(input: unknown, { kinds, modules }: KnownKinds): v.GenericSchema<unknown, SourceEntry> {
  const kind = v.picklist(kinds, `must be one of ${kinds.join(', ')}`);
  const common = v.object({
    kind,
    interval: v.optional(intervalMs),
    deadline: v.optional(timeoutMs),
  });
  const module = v.is(v.object({ kind }), input) ? modules.get(input.kind) : undefined;
  if (module === undefined)
    return v.pipe(
      common,
      v.transform((entry) => ({ ...entry, settings: {} })),
    );
  const settings = v.pipe(
    v.unknown(),
    v.transform(withoutCommonKeys),
    module.schema,
    v.transform((parsed) => ({ settings: parsed as Record<string, unknown> })),
  );
  return v.intersect([common, settings]);
}

function withoutCommonKeys(input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return input;
  const { kind: _kind, interval: _interval, deadline: _deadline, ...own } = input as Record<string, unknown>;
  return own;
}

const distinctPoints = v.rawCheck<SourceEntry[]>(({ dataset, addIssue }) => {
  const seen = new Map<string, number>();
  for (const [index, entry] of (dataset.value as readonly unknown[]).entries()) {
    for (const point of pointsIn(entry)) {
      const first = seen.get(point);
      if (first === undefined) seen.set(point, index);
      else if (first !== index) addIssue({ message: `[${first}] and [${index}] both read the point ${point}` });
    }
  }
});

/** Every value of a key `point`, at any depth: the one name that all sources use for what they read. */
function* pointsIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    if (key === 'point' && typeof item === 'string') yield item;
    else yield* pointsIn(item);
  }
}
