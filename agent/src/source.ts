import type { Channel } from '@wattmark/shared/channels';
import type { PointDeclaration, Reading } from '@wattmark/shared/messages';
import type { Logger } from '@wattmark/shared/logger';
import type { Clock } from './clock.ts';
import type { GenericSchema, InferOutput } from 'valibot';

/**
 * How a source fails, which decides what the sampler does about it:
 * - `retry`: this tick has no reading; the next one tries again.
 * - `absent`: the instrument is not there; it is looked for again with back-off.
 * - `fatal`: the configuration can never work; the source is given up until the agent is restarted.
 */
export type FailureKind = 'retry' | 'absent' | 'fatal';

export class SourceError extends Error {
  override name = 'SourceError';
  readonly kind: FailureKind;
  constructor(kind: FailureKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** A channel that a tick could not give a value for, and why: a sentinel, an impossible value, a register the device refuses. */
export interface NoData {
  readonly point: string;
  readonly channel: Channel;
  readonly reason: string;
}

/** Readings that carry their own time, UTC milliseconds: of a history, or of an instrument that speaks when it likes. */
export interface DatedReadings {
  readonly at: number;
  readonly readings: readonly Reading[];
}

/** What one look at an instrument gave: values in base units, and what is missing from them. */
export interface Sample {
  /** Taken at the tick. */
  readonly readings: readonly Reading[];
  /** Taken at other times; of one point in the order of their times, from one look to the next too. */
  readonly dated?: readonly DatedReadings[];
  readonly noData: readonly NoData[];
}

/** One opened instrument. */
export interface Source {
  /**
   * The points that this instrument measures, as they are announced in the agent's birth message. The same array until
   * they change: a source that learns from the instrument's answers what it is puts a new one in its place.
   */
  readonly points: readonly PointDeclaration[];
  /**
   * Reads every channel once. Gives up at once when `signal` aborts.
   * @throws SourceError where the instrument as a whole gave nothing.
   */
  read(signal: AbortSignal): Promise<Sample>;
  close(): Promise<void>;
}

/** A place for what a source must remember when the agent is restarted, such as how far it has read a file. */
export interface Memory {
  /** What was saved last, or null. */
  load(): Promise<unknown>;
  /**
   * Not before everything that was read at former ticks is on disk.
   * @param value goes through JSON
   * @throws where the disk does not take it
   */
  save(value: unknown): Promise<void>;
}

/** What all sources of an agent have in common. */
export interface Surroundings {
  readonly clock: Clock;
  /** Of the configuration file: relative paths are relative to it. */
  readonly directory: string;
  /** The memory of that name, which is shared with no other name. It goes when the spool goes. */
  readonly memory: (name: string) => Memory;
}

export interface SourceContext extends Surroundings {
  readonly log: Logger;
  /** Time between two ticks of this source. */
  readonly intervalMs: number;
}

/** Where `discover` looks: on this machine, and beyond it only at the addresses that the operator named. */
export interface Search {
  readonly log: Logger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Host names or addresses, with `:port` where the operator named one. Empty: only this machine. */
  readonly addresses: readonly string[];
  /** SNMP community to try. */
  readonly community: string;
  /** Says in a line what is being done, where it takes long. */
  readonly progress: (line: string) => void;
}

/** One channel of a profile, with what a device says at its places before and after conversion. */
export interface RawValue {
  readonly section: string;
  readonly channel: Channel;
  /** Each place with what stands there, as the device gave it: `input 52: 4718 e2b3`. */
  readonly raw: readonly string[];
  /** In the channel's unit; null where there is none, for the reason in `problem`. */
  readonly value: number | null;
  readonly problem: string | null;
}

/** An instrument that was found, as an entry of `sources` in agent.yaml. */
export interface Found {
  /** What it is and where: `Eastron SDM630 at 192.0.2.10, unit 1`. */
  readonly title: string;
  /** What the operator should know or decide, a line each. */
  readonly notes: readonly string[];
  /** The entry's keys in the order in which one reads them, `kind` first. */
  readonly entry: Readonly<Record<string, unknown>>;
}

/**
 * What a file `sources/<kind>.ts` exports as `default`. The file's name is the `kind` in agent.yaml, so adding
 * an instrument is adding a file. `schema` describes the source's own keys, beside `kind` and `interval`.
 */
export interface SourceModule<S extends GenericSchema = GenericSchema> {
  readonly schema: S;
  /**
   * Opens an instrument. It does not have to answer yet: a device that is switched off is `absent` in `read`, not here.
   * @throws SourceError of kind `fatal` where the configuration contradicts itself.
   */
  open(config: InferOutput<S>, context: SourceContext): Promise<Source>;
  /** Finds the instruments of this kind. Never throws for what an instrument does, nor for one that is not there. */
  discover?(search: Search): Promise<readonly Found[]>;
  /**
   * Reads every channel of every section of the configured profile, to try that profile.
   * @throws SourceError where the instrument as a whole gave nothing.
   */
  inspect?(config: InferOutput<S>, context: SourceContext, signal: AbortSignal): Promise<readonly RawValue[]>;
}
