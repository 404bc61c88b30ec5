import type { Channel } from '@wattmark/shared/channels';
import type { RawValue } from '../../source.ts';
import { attempt } from '../support/outcome.ts';
import type { Kind } from './meter.ts';
import { type Quantity, type Read, type Span, spansOf, valueOf } from './quantity.ts';
import { type Ask, createReader } from './reader.ts';

/** Every channel of every section with its registers. @throws SourceError where the device does not answer. */
export async function inspectMeter(kind: Kind, ask: Ask): Promise<RawValue[]> {
  const layout = kind.layout ?? (await kind.learn(ask));
  const places = Object.entries(layout.sections).flatMap(([section, { channels }]) =>
    (Object.entries(channels) as [Channel, Quantity][]).map(([channel, quantity]) => ({ section, channel, quantity })),
  );
  const spans = places.flatMap(({ quantity }) => spansOf(quantity));
  const { read } = await createReader(spans, layout)(ask);
  return Promise.all(
    places.map(async ({ section, channel, quantity }) => {
      const outcome = await attempt(section, channel, async () => valueOf(quantity, read));
      const raw = spansOf(quantity).map((span) => wordsAt(span, read));
      if ('reason' in outcome) return { section, channel, raw, value: null, problem: outcome.reason };
      return { section, channel, raw, value: outcome[2], problem: null };
    }),
  );
}

/** `input 52: 4718 e2b3`, or why there is nothing. */
function wordsAt(span: Span, read: Read): string {
  const place = `${span.function} ${span.address}`;
  try {
    const words = read(span).subarray(0, 2 * span.length);
    return `${place}: ${words.toString('hex').replace(/.{4}(?=.)/g, '$& ')}`;
  } catch {
    return `${place}: refused`;
  }
}
