import type { Channel } from '@wattmark/shared/channels';
import type { PointDeclaration, Reading } from '@wattmark/shared/messages';
import type { Logger } from '@wattmark/shared/logger';
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

/** What one look at an instrument gave: values in base units, and what is missing from them. */
export interface Sample {
  readonly readings: readonly Reading[];
  readonly noData: readonly NoData[];
}

/** One opened instrument. */
export interface Source {
  /** The points that this instrument measures, as they are announced in the agent's birth message. */
  readonly points: readonly PointDeclaration[];
  /**
   * Reads every channel once. Gives up at once when `signal` aborts.
   * @throws SourceError where the instrument as a whole gave nothing.
   */
  read(signal: AbortSignal): Promise<Sample>;
  close(): Promise<void>;
}

export interface SourceContext {
  readonly log: Logger;
  /** Time between two ticks of this source. */
  readonly intervalMs: number;
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
}
