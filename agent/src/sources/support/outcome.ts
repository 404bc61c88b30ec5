import { type Channel, channels } from '@wattmark/shared/channels';
import type { Quality, Reading } from '@wattmark/shared/messages';
import type { NoData, Sample } from '../../source.ts';

/** What became of one channel of one point at one tick. */
export type Outcome = Reading | NoData;

/** A reading, or no data where the value is not a number or beyond what the channel's instruments can plausibly say. */
export function judge(point: string, channel: Channel, value: number, quality: Quality = 'measured'): Outcome {
  const { min, max, unit } = channels[channel];
  if (!Number.isFinite(value)) return { point, channel, reason: `the instrument said ${value}` };
  if (value < min || value > max) {
    return { point, channel, reason: `impossible value ${value} ${unit} (plausible is ${min} to ${max})` };
  }
  return quality === 'measured' ? [point, channel, value] : [point, channel, value, quality];
}

/** The outcome of a measurement that may fail; its error becomes the reason why there is no data. */
export async function attempt(
  point: string,
  channel: Channel,
  measure: () => Promise<number>,
  quality: Quality = 'measured',
): Promise<Outcome> {
  try {
    return judge(point, channel, await measure(), quality);
  } catch (error) {
    return { point, channel, reason: (error as Error).message };
  }
}

export function toSample(outcomes: readonly Outcome[]): Sample {
  return { readings: outcomes.filter(isReading), noData: outcomes.filter(isNoData) };
}

function isNoData(outcome: Outcome): outcome is NoData {
  return !isReading(outcome);
}

function isReading(outcome: Outcome): outcome is Reading {
  return Array.isArray(outcome);
}
