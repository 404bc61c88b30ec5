import fc from 'fast-check';
import t from 'tap';
import { MINUTE_MS, type PointInterval } from '../../src/accounting/interval.ts';
import { Curve, type Knot } from './curve.ts';
import { Line } from './line.ts';

/**
 * For any power, however it is read, sent, delayed, repeated and interrupted, the energy is the power's integral within the
 * bound that docs/accounting.md derives, and the same to the last bit however the log is cut and the collector restarted.
 */

const START = Date.UTC(2026, 11, 31, 23, 40);
const INTERVAL_MS = 10_000;
const MAX_GAP_MS = 3 * INTERVAL_MS;

const meterKinds = {
  power: ['power'],
  register: ['energy'],
  both: ['power', 'energy'],
  prosumer: ['power', 'energy', 'energy-export'],
};

interface Meter {
  readonly kind: keyof typeof meterKinds;
  readonly stepWh: number;
  readonly firstWh: number;
  readonly knots: readonly Knot[];
}

interface Tick {
  readonly afterMs: number;
  /** Every so many ticks a meter is asked for its power, and for its registers. */
  readonly reads: { readonly power: boolean; readonly register: boolean };
  /** How late the message comes, ms. */
  readonly delayMs: number;
  readonly isRepeated: boolean;
  readonly isNewEpoch: boolean;
}

interface Story {
  readonly meters: readonly Meter[];
  readonly ticks: readonly Tick[];
  readonly isNumbered: boolean;
}

const meter: fc.Arbitrary<Meter> = fc.constantFrom(...(Object.keys(meterKinds) as Meter['kind'][])).chain((kind) => {
  const watts = fc.integer({ min: kind === 'power' || kind === 'prosumer' ? -30_000 : 0, max: 60_000 });
  const afterMs = fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 900_000 }));
  const knot = fc.record({ afterMs, fromW: watts, untilW: watts });
  // Lines that go on where the last one ended are as common as steps.
  const knots = fc.array(knot, { minLength: 1, maxLength: 20 });
  return fc.record({
    kind: fc.constant(kind),
    stepWh: fc.constantFrom(0.001, 1, 10, 100, 1000),
    firstWh: fc.nat(1_000_000),
    knots: fc.tuple(knots, fc.boolean()).map(([list, isSmooth]) => (isSmooth ? smooth(list) : list)),
  });
});

const tick: fc.Arbitrary<Tick> = fc.record({
  afterMs: fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: INTERVAL_MS - 900, max: INTERVAL_MS + 900 }) },
    { weight: 3, arbitrary: fc.integer({ min: 1, max: MAX_GAP_MS + 5_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: MAX_GAP_MS, max: 1_200_000 }) },
  ),
  reads: fc.record({ power: often(9), register: often(4) }),
  delayMs: fc.oneof({ weight: 5, arbitrary: fc.nat(2_000) }, { weight: 1, arbitrary: fc.nat(3_000_000) }),
  isRepeated: often(1),
  isNewEpoch: fc.nat(40).map((n) => n === 0),
});

const story: fc.Arbitrary<Story> = fc.record({
  meters: fc.array(meter, { minLength: 1, maxLength: 3 }),
  ticks: fc.array(tick, { minLength: 2, maxLength: 100 }),
  isNumbered: fc.boolean(),
});

/** Where frames are cut, where the collector takes a snapshot and where it is restarted. */
const course = fc.record({
  cuts: fc.array(fc.nat(6), { minLength: 1, maxLength: 20 }),
  snapshots: fc.array(fc.boolean(), { minLength: 1, maxLength: 10 }),
  restarts: fc.array(fc.nat(9), { minLength: 1, maxLength: 20 }),
});

t.test('energy is the integral of power within the stated bound, and coverage what samples cover', async (t) => {
  const property = fc.property(story, (told) => {
    const rows = runPlainly(told);
    for (const [pointId, meter] of told.meters.entries())
      judge(
        told,
        meter,
        rows.filter((row) => row.pointId === pointId),
      );
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 600 }));
});

t.test(
  'however frames are cut and wherever the collector is restarted, the rows are the same bit for bit',
  async (t) => {
    const property = fc.property(story, course, (told, { cuts, snapshots, restarts }) => {
      const line = new Line();
      announce(line, told);
      let minute = 0;
      for (const [index, delivery] of deliveriesOf(told).entries()) {
        for (; START + minute * MINUTE_MS < delivery.receivedMs; minute++) {
          if (minute % 3 > 0) continue;
          line.tick(START + minute * MINUTE_MS, { snapshot: snapshots[minute % snapshots.length] ?? false });
        }
        line.send(delivery.topic, delivery.payload, delivery.receivedMs);
        if (cuts[index % cuts.length] === 0) line.cut();
        if (restarts[index % restarts.length] === 0) line.restart();
      }
      line.tick(START + 10 * 86_400_000, { snapshot: false });
      t.strictSame(line.rows(), runPlainly(told));
    });
    t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }));
  },
);

/** One frame a message, a tick a minute, and no interruption. */
function runPlainly(told: Story): PointInterval[] {
  const line = new Line();
  announce(line, told);
  let minute = 0;
  for (const { topic, payload, receivedMs } of deliveriesOf(told)) {
    for (; START + minute * MINUTE_MS < receivedMs; minute++)
      line.tick(START + minute * MINUTE_MS, { snapshot: false });
    line.send(topic, payload, receivedMs);
    line.cut();
  }
  line.tick(START + 10 * 86_400_000, { snapshot: false });
  return line.rows();
}

function topicOf(leaf: 'birth' | 'readings'): string {
  return `wattmark/v1/default/dc-1/agent/${leaf}`;
}

function announce(line: Line, { meters }: Story): void {
  const points = meters.map(({ kind }, index) => ({
    point: `point-${index}`,
    role: 'it',
    channels: meterKinds[kind],
    intervalMs: INTERVAL_MS,
  }));
  const birth = { v: 1, epoch: 'E000', firstSeq: 1, at: START, software: 'test', points };
  line.send(topicOf('birth'), JSON.stringify(birth), START);
}

interface Delivery {
  readonly topic: string;
  readonly payload: string;
  readonly receivedMs: number;
}

/**
 * Messages as they arrive. What is numbered comes in order, however late; what is not comes when it comes. The first tick
 * reads everything.
 */
function deliveriesOf({ meters, ticks, isNumbered }: Story): Delivery[] {
  const deliveries: Delivery[] = [];
  let [epoch, seq, latestMs] = [0, 0, START];
  for (const { atMs, tick } of timesOf(ticks)) {
    const readings = meters.flatMap((meter, index) => readingsOf(meter, index, atMs, tick.reads));
    if (tick.isNewEpoch) [epoch, seq] = [epoch + 1, 0];
    const number = isNumbered ? { epoch: `E${String(epoch).padStart(3, '0')}`, seq: ++seq } : {};
    latestMs = Math.max(latestMs, atMs + tick.delayMs);
    const receivedMs = isNumbered ? latestMs : atMs + tick.delayMs;
    const payload = JSON.stringify({ v: 1, ...number, at: atMs, readings });
    const delivery = { topic: topicOf('readings'), payload, receivedMs };
    deliveries.push(delivery);
    if (tick.isRepeated) deliveries.push(delivery);
  }
  return isNumbered ? deliveries : deliveries.sort((a, b) => a.receivedMs - b.receivedMs);
}

function timesOf(ticks: readonly Tick[]): { atMs: number; tick: Tick }[] {
  let atMs = START;
  return ticks.map((tick, index) => {
    atMs += tick.afterMs;
    return { atMs, tick: index === 0 ? { ...tick, reads: { power: true, register: true } } : tick };
  });
}

function readingsOf(meter: Meter, index: number, atMs: number, reads: Tick['reads']): [string, string, number][] {
  const curve = new Curve(START, meter.knots);
  return meterKinds[meter.kind].flatMap((channel): [string, string, number][] => {
    if (!(channel === 'power' ? reads.power : reads.register)) return [];
    const value =
      channel === 'power'
        ? curve.at(atMs)
        : registerWh(meter, curve, atMs, channel === 'energy' ? 'drawn' : 'fed-back');
    return [[`point-${index}`, channel, value]];
  });
}

/** A register shows whole steps only. */
function registerWh({ firstWh, stepWh }: Meter, curve: Curve, atMs: number, part: 'drawn' | 'fed-back'): number {
  return Math.floor((firstWh + curve.energyWh(START, atMs, part)) / stepWh) * stepWh;
}

/** Fails where a point's rows are not what its power amounts to. */
function judge({ ticks }: Story, meter: Meter, rows: readonly PointInterval[]): void {
  const curve = new Curve(START, meter.knots);
  const times = timesOf(ticks);
  const hasRegister = meter.kind !== 'power';
  const sampled = meterKinds[meter.kind].includes('power') ? times.filter(({ tick }) => tick.reads.power) : [];
  const counted = hasRegister ? times.filter(({ tick }) => tick.reads.register).map(({ atMs }) => atMs) : [];
  const [firstMs = Number.POSITIVE_INFINITY, lastMs = firstMs] = [counted[0], counted.at(-1)];
  const part = hasRegister ? 'drawn' : 'net';
  let trueWh = hasRegister ? curve.energyWh(firstMs, lastMs, part) : 0;
  let errorWh = hasRegister ? meter.stepWh : 0;
  let coveredMs = 0;
  for (const [index, { atMs: toMs }] of sampled.entries()) {
    const fromMs = sampled[index - 1]?.atMs ?? Number.NEGATIVE_INFINITY;
    if (toMs - fromMs > MAX_GAP_MS) continue;
    coveredMs += toMs - fromMs;
    const errorHere = (curve.variationW(fromMs, toMs) * (toMs - fromMs)) / 3_600_000;
    errorWh += hasRegister ? errorHere : errorHere / 2;
    if (!hasRegister) trueWh += curve.energyWh(fromMs, toMs, part);
    else if (toMs > lastMs) trueWh += curve.energyWh(Math.max(fromMs, lastMs), toMs, part);
  }
  const energyWh = rows.reduce((sum, row) => sum + row.energyWh, 0);
  const exportWh = rows.reduce((sum, row) => sum + row.exportWh, 0);
  const measuredMs = rows.reduce((sum, row) => sum + row.measuredMs, 0);
  const rounding = 1e-6;
  const fail = (text: string): never => {
    throw new Error(`${meter.kind}: ${text}`);
  };
  if (Math.abs(energyWh - trueWh) > errorWh + rounding) fail(`${energyWh} Wh, but ${trueWh} ± ${errorWh} Wh`);
  if (!hasRegister && measuredMs !== coveredMs) fail(`${measuredMs} ms measured, but ${coveredMs} ms covered`);
  if (rows.some((row) => row.measuredMs > MINUTE_MS || row.bridgedMs > row.measuredMs))
    fail('more than a minute in a minute');
  if (meter.kind !== 'prosumer') return;
  const backWh = curve.energyWh(firstMs, lastMs, 'fed-back');
  if (exportWh > backWh + meter.stepWh + rounding) fail(`${exportWh} Wh fed back, but ${backWh} Wh`);
  if (exportWh < backWh - meter.stepWh - rounding) fail(`${exportWh} Wh fed back, but ${backWh} Wh`);
}

function often(tenths: number): fc.Arbitrary<boolean> {
  return fc.nat(9).map((n) => n < tenths);
}

function smooth(knots: readonly Knot[]): Knot[] {
  return knots.map((knot, index) => ({ ...knot, untilW: knots[index + 1]?.fromW ?? knot.fromW }));
}
