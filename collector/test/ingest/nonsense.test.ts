import { type Channel, channels } from '@wattmark/shared/channels';
import type { Reading } from '@wattmark/shared/messages';
import fc from 'fast-check';
import t from 'tap';
import type { GaugeInterval, PointInterval } from '../../src/accounting/interval.ts';
import { beginning } from '../../src/evidence/evidence-log.ts';
import { Fold } from '../../src/fold.ts';
import { Ingest } from '../../src/ingest/ingest.ts';
import { START } from '../support/rig.ts';

/** Messages that are well-formed and make no sense: what comes out of the accounting may be unknown, but never impossible. */

const names = ['power', 'energy', 'energy-export', 'temperature'] as const satisfies Channel[];

const reading = fc.constantFrom(...names).chain((channel) => {
  const { min, max } = channels[channel];
  const value = fc.oneof(
    fc.double({ min, max, noNaN: true }),
    fc.constantFrom(min, max, 0, -0, 5e-324),
    fc.integer({ min: 0, max: 100 }),
  );
  return fc.tuple(fc.constantFrom('a', 'b'), value, fc.boolean()).map(([point, given, estimated]): Reading => {
    const within = Math.min(max, Math.max(min, given));
    return estimated ? [point, channel, within, 'estimated'] : [point, channel, within];
  });
});

const atMs = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: START - 600_000, max: START + 600_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: START - 5 * 86_400_000, max: START + 300_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(Date.UTC(2000), Date.UTC(2100) - 1, START, START + 60_000) },
);

const message = fc.record({
  agent: fc.constantFrom('hall-a', 'hall-b'),
  numbered: fc.boolean(),
  at: atMs,
  readings: fc.array(reading, { minLength: 1, maxLength: 6 }),
  /** A birth before it: interval, ms, and modulus, Wh. */
  birth: fc.option(
    fc.record({
      intervalMs: fc.integer({ min: 1, max: 86_400_000 }),
      energyModulusWh: fc.double({ min: 5e-324, max: 1e15, noNaN: true }),
    }),
  ),
  tick: fc.boolean(),
});

type Nonsense = typeof message extends fc.Arbitrary<infer Value> ? Value : never;

const unnumbered = { agent: 'hall-b', numbered: false, birth: null, tick: false } as const;

/** Energy fed back in time of which every minute has left memory. */
const exportOfOldTime: Nonsense[] = [
  {
    ...unnumbered,
    at: START + 60_000,
    readings: [['b', 'power', 0]],
    birth: { intervalMs: 204_354, energyModulusWh: 5e-324 },
  },
  {
    ...unnumbered,
    at: START - 553_062,
    readings: [
      ['b', 'power', -1e10],
      ['b', 'energy-export', 0],
    ],
  },
  { ...unnumbered, numbered: true, at: START, readings: [['b', 'energy-export', 1]] },
];

function impossible({ startMs, energyWh, estimatedWh, exportWh, minW, maxW, ...times }: PointInterval): boolean {
  const { measuredMs, estimatedMs, bridgedMs } = times;
  return (
    startMs % 60_000 !== 0 ||
    ![energyWh, estimatedWh, exportWh].every(Number.isFinite) ||
    exportWh < 0 ||
    ![measuredMs, estimatedMs, bridgedMs].every((ms) => Number.isInteger(ms) && ms >= 0) ||
    measuredMs + estimatedMs > 60_000 ||
    bridgedMs > measuredMs ||
    (minW === null) !== (maxW === null) ||
    !((minW ?? 0) <= (maxW ?? 0))
  );
}

function strange({ min, mean, max, samples }: GaugeInterval): boolean {
  return !(min <= max && mean >= min - 1e-9 && mean <= max + 1e-9 && Number.isInteger(samples) && samples > 0);
}

t.test('no minute is longer than it is, and nothing is infinite', async (t) => {
  let minutes = 0;
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 40 }), (all) => {
      const fold = new Fold(beginning);
      const ingest = new Ingest(fold);
      const seqs = new Map<string, number>();
      let position = 0;
      for (const { agent, numbered, at, readings, birth, tick } of all) {
        const send = (leaf: string, content: object): void =>
          ingest.receive(
            {
              topic: `wattmark/v1/default/dc-1/${agent}/${leaf}`,
              payload: Buffer.from(JSON.stringify(content)),
              retained: false,
            },
            START,
          );
        const points = ['a', 'b'].map((point) => ({ point, role: 'it', channels: names, ...birth }));
        if (birth !== null) send('birth', { v: 1, epoch: 'E1', firstSeq: 1, at: START, software: 'x', points });
        const seq = (seqs.get(agent) ?? 0) + 1;
        if (numbered) seqs.set(agent, seq);
        send('readings', { v: 1, at, readings, ...(numbered && { epoch: 'E1', seq }) });
        if (tick) ingest.tick(START + 600_000);
        const frame = ingest.take();
        if (frame === null) continue;
        const batch = fold.apply({ body: frame.body, next: { ...beginning, position: ++position } });
        if (batch === null) continue;
        minutes += batch.points.length;
        const wrong = [...[...batch.points].filter(impossible), ...batch.gauges.filter(strange)];
        if (wrong.length > 0) throw new Error(JSON.stringify(wrong[0]));
      }
      const everything = { fromMs: 0, toMs: Date.UTC(2100) };
      const open = fold.accounting.open([...fold.catalogue.points.keys()], everything).filter(impossible);
      if (open.length > 0) throw new Error(`open: ${JSON.stringify(open[0])}`);
    }),
    { numRuns: 300, examples: [[exportOfOldTime]] },
  );
  t.ok(minutes > 1_000, `${minutes} minutes`);
});
