import type { Channel } from '@wattmark/shared/channels';
import type { GaugeQuarter, Span } from '../accounting/interval.ts';
import type { Store } from '../store/store.ts';
import { quarterOf } from './quarter-fold.ts';

/** Channels whose quarter-hours are kept beside their minutes, because figures over months and years are made of them. */
export const rolledUpChannels: readonly Channel[] = ['utilisation'];

/** Writes the quarter-hours of the gauges that are rolled up, of these points or (null) of all, from their newest minutes. */
export async function rollUpGauges(
  store: Store,
  span: Span,
  pointIds: readonly number[] | null,
  recordedMs: number,
): Promise<void> {
  const sums = new Map<string, { -readonly [Key in keyof GaugeQuarter]: GaugeQuarter[Key] }>();
  for await (const rows of store.readBackGauges(span, pointIds, rolledUpChannels)) {
    for (const { pointId, channel, startMs, mean } of rows) {
      const quarterMs = quarterOf(startMs);
      const key = `${quarterMs} ${pointId} ${channel}`;
      let sum = sums.get(key);
      if (sum === undefined) sums.set(key, (sum = { pointId, channel, startMs: quarterMs, sum: 0, minutes: 0 }));
      sum.sum += mean;
      sum.minutes++;
    }
  }
  await store.writeGaugeQuarters([...sums.values()], recordedMs);
}
