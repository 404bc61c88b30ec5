import { type Channel, channels } from '@wattmark/shared/channels';
import { limits, type Reading } from '@wattmark/shared/messages';

/** What the instruments said at one tick, before the spool gives it a place in the agent's sequence. */
export interface TickMessage {
  /** The tick, UTC milliseconds. */
  readonly at: number;
  readonly readings: readonly Reading[];
}

/** Room for everything in a message that is not a reading. */
const ENVELOPE_BYTES = 256;

/** The longest reading as JSON: ids of 63, a channel's name of 14, a number of 24, `"estimated"`, quotes and commas. */
const LONGEST_READING_BYTES = 128;

/** Readings that are certain to fit into one message of the contract. */
const READINGS_PER_MESSAGE = Math.min(
  limits.readingsPerMessage,
  Math.floor((limits.payloadBytes - ENVELOPE_BYTES) / LONGEST_READING_BYTES),
);

/** The readings of one tick as messages within the contract's limits; none where there are no readings. */
export function splitTick(at: number, readings: readonly Reading[]): readonly TickMessage[] {
  if (readings.length === 0) return [];
  if (readings.length <= READINGS_PER_MESSAGE) return [{ at, readings }];
  const messages: TickMessage[] = [];
  for (let begin = 0; begin < readings.length; begin += READINGS_PER_MESSAGE) {
    messages.push({ at, readings: readings.slice(begin, begin + READINGS_PER_MESSAGE) });
  }
  return messages;
}

/** Why a value cannot be one of its channel's, or null. JSON has no NaN, and a collector would reject the message. */
export function implausible(channel: Channel, value: number): string | null {
  if (!Number.isFinite(value)) return 'not a number';
  const { min, max, unit } = channels[channel];
  return value < min || value > max ? `${value} ${unit} is out of range` : null;
}
