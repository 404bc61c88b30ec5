import type { Channel } from '@wattmark/shared/channels';
import type { Meter } from '@wattmark/shared/messages';
import type { Role } from '@wattmark/shared/roles';
import fc from 'fast-check';
import t from 'tap';
import { judgeSkew } from '../src/commissioning/clock-skew.ts';
import { factorOf, steady } from '../src/commissioning/factor.ts';
import { judgePoints } from '../src/commissioning/judgement.ts';
import { meterLines } from '../src/commissioning/meter.ts';
import { digitsOf, type SeenPoint, stepOf, type Values } from '../src/commissioning/seen.ts';

interface Facts {
  readonly point?: string;
  readonly role?: Role;
  readonly section?: string;
  readonly ratedPowerW?: number;
  readonly energyModulusWh?: number;
  readonly meter?: Meter;
  /** Time between two looks. */
  readonly everyMs?: number;
}

/** A point that said `looks`, one after the other. */
function seen(looks: readonly Values[], facts: Facts = {}): SeenPoint {
  const { point = 'p', role = null, section = null, ratedPowerW = null, energyModulusWh = null } = facts;
  const rows = looks.map((values, index) => ({ at: index * (facts.everyMs ?? 1_200), values }));
  return { point, source: 'sources[0]', role, section, ratedPowerW, energyModulusWh, meter: facts.meter ?? {}, rows };
}

/** Two looks in which the values hardly change, as a check without `--watch` sees them. */
function twice(values: Values, facts: Facts = {}): SeenPoint {
  return seen([values, values], facts);
}

/** `count` looks of what `at` gives for the seconds since the first one. */
function watched(count: number, everyS: number, at: (seconds: number) => Values, facts: Facts = {}): SeenPoint {
  const looks = Array.from({ length: count }, (_, index) => at(index * everyS));
  return seen(looks, { ...facts, everyMs: everyS * 1000 });
}

/** `<severity> <code> <about>` of every finding. */
function codes(...points: readonly SeenPoint[]): string[] {
  return judgePoints(points).map(({ severity, code, about }) => `${severity} ${code} ${about}`);
}

const loads: readonly Role[] = ['it', 'telecom', 'cooling', 'lighting', 'pdu', 'district-cooling'];

/** 40 kW at three phases of 230 V with a power factor of 0.9. */
const honest = { power: 40_982.32, voltage: 230.12, current: 197.87, 'power-factor': 0.9001, frequency: 49.98 };

t.test('an honest meter is not suspicious in any role', (t) => {
  for (const role of [...loads, 'utility', 'ups', 'battery', 'solar'] as const)
    t.same(codes(twice(honest, { role })), [], role);
  t.end();
});

t.test('negative power: at loads an error, where a supply of its own may feed back nothing', (t) => {
  const back = { ...honest, power: -honest.power };
  for (const role of loads) t.same(codes(twice(back, { role })), ['error power-negative p'], role);
  for (const role of ['utility', 'ups', 'rectifier'] as const) {
    t.same(codes(twice(back, { role })), ['warning power-negative p'], role);
    const panel = twice({ power: 60_000.7 }, { role: 'solar', point: 'roof' });
    t.same(codes(twice(back, { role }), panel), [], `${role} with panels`);
  }
  for (const role of ['solar', 'battery', 'generator'] as const) t.same(codes(twice(back, { role })), [], role);
  t.same(codes(twice(back)), [], 'no role');
  t.same(codes(twice({ power: -6.4 }, { role: 'it' })), [], 'an offset without load');
  t.same(
    codes(twice({ power: -80, voltage: 230.4, current: 2000.3 }, { role: 'it' })).length,
    1,
    'and no load is an offset of 2,000 A',
  );
  t.same(codes(seen([{ power: -500 }, { power: 700 }], { role: 'it' })), [], 'changes its direction');
  t.same(codes(twice({ power: -500, voltage: 230.1 }, { role: 'it' })), ['error power-negative p'], 'no current');
  t.end();
});

t.test('power beside voltage × current × power factor: the factor is named', (t) => {
  const codeOf = (change: Values, facts?: Facts): string[] => codes(twice({ ...honest, ...change }, facts));
  for (const factor of [10, 100, 1000, 0.1, 0.01, 0.001]) {
    t.same(codeOf({ power: honest.power * factor }), ['error power-scale p'], `power × ${factor}`);
    t.same(codeOf({ current: honest.current * factor }), ['error power-scale p'], `current × ${factor}`);
  }
  t.same(codeOf({ 'power-factor': 0.009001 }), ['warning power-factor-scale p']);
  t.same(codeOf({ power: honest.power * 3 }), ['warning phases-in-power p']);
  t.same(codeOf({ power: honest.power / 3 }), ['warning phases-in-power p']);
  t.same(codeOf({ power: honest.power * Math.sqrt(3) }), ['warning phases-in-power p']);
  t.same(codeOf({ voltage: honest.voltage * Math.sqrt(3) }), ['info line-voltage p'], 'voltage between lines');
  t.same(codeOf({ power: honest.power * 0.45 }), ['warning power-mismatch p']);
  t.same(codeOf({ power: 0 }), ['warning power-mismatch p']);
  t.same(codeOf({ power: honest.power * 40 }, { meter: { ctRatio: 40 } }), ['error ct-ratio p']);
  t.same(codeOf({ power: honest.power * 1.2 }), [], 'uneven phases');
  t.same(codeOf({ power: -honest.power, 'power-factor': -0.9001 }), [], 'signed alike');
  t.same(codeOf({ power: honest.power * 1000 }, { role: 'it' }), ['error power-scale p']);
  const [finding] = judgePoints([twice({ ...honest, power: honest.power / 1000 })]);
  t.match(finding?.message, /^power is 1\/1000 of voltage × current × power factor: kW taken for W/);
  t.same(codes(seen([{ ...honest, power: honest.power / 10 }, honest])), [], 'a load that was switched on between');
  t.end();
});

t.test('power beside apparent power, without a power factor, at no load, in coarse steps', (t) => {
  t.same(codes(twice({ power: 4120, 'apparent-power': 4310, 'power-factor': 0.96 })), []);
  t.same(codes(twice({ power: 41_200, 'apparent-power': 4310, 'power-factor': 0.96 })), ['error power-scale p']);
  const told = { voltage: 230.1, 'apparent-power': 4310.2, 'power-factor': 0.96 };
  t.same(codes(twice({ ...told, power: 41_200.5 })), ['error power-scale p'], 'no current');
  t.same(codes(twice({ ...honest, current: 0 })), [], 'a current transformer that is not plugged in');
  t.same(codes(twice({ ...honest, 'power-factor': 0 })), [], 'a power factor that is not measured');
  t.match(judgePoints([twice({ ...honest, power: 0 })])[0]?.message, /^power is 0 in spite of/);
  t.match(judgePoints([twice({ ...honest, power: honest.power * 2 })])[0]?.message, /^power is 2 times voltage/);
  t.same(codes(twice({ power: 1205, voltage: 231.4, current: 5.31 })), []);
  t.same(codes(twice({ power: 12_050, voltage: 231.4, current: 5.31 })), ['error power-scale p']);
  t.same(codes(twice({ power: 1.205, voltage: 231.4, current: 5.31 })), ['error power-scale p']);
  t.same(
    codes(twice({ power: 320.5, voltage: 231.4, current: 5.31 })),
    [],
    'a power supply that idles, power factor 0.26',
  );
  t.same(
    codes(twice({ power: 9, voltage: 231.4, current: 0.04, 'power-factor': 1 })),
    [],
    'below the starting current',
  );
  t.same(codes(twice({ power: 30, voltage: 230, current: 0.5, 'power-factor': 0.3 })), [], 'steps of 10 W and 0.1 A');
  t.same(codes(twice({ power: 40, voltage: 230, current: 1, 'power-factor': 0.3 })), [], 'steps of 10 W and 1 A');
  t.same(codes(twice({ power: -2_705, voltage: 54.1, current: -50.2 }, { role: 'battery' })), [], 'direct current');
  t.end();
});

t.test('property: a meter that rounds whatever load is never suspected of a wrong scale', (t) => {
  const decimals = fc.integer({ min: -1, max: 3 });
  const load = fc.record({
    voltage: fc.double({ min: 100, max: 420, noNaN: true }),
    current: fc.double({ min: 0, max: 3000, noNaN: true }),
    powerFactor: fc.double({ min: 0.1, max: 1, noNaN: true }),
    noise: fc.double({ min: 0.95, max: 1.05, noNaN: true }),
    coarse: fc.record({
      power: decimals,
      current: fc.integer({ min: 0, max: 3 }),
      factor: fc.integer({ min: 2, max: 4 }),
    }),
    told: fc.boolean(),
  });
  fc.assert(
    fc.property(load, ({ voltage, current, powerFactor, noise, coarse, told }) => {
      const values = {
        power: rounded(voltage * current * powerFactor * noise, coarse.power),
        voltage: rounded(voltage, 1),
        current: rounded(current, coarse.current),
        ...(told && { 'power-factor': rounded(powerFactor, coarse.factor) }),
      };
      const scales = ['power-scale', 'power-factor-scale', 'phases-in-power', 'line-voltage'];
      return !judgePoints([twice(values)]).some(({ code }) => scales.includes(code));
    }),
    { numRuns: 2_000 },
  );
  t.end();
});

function rounded(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}

t.test('power beside the rating', (t) => {
  const rated = (power: number, ratedPowerW = 40_000) => codes(twice({ power }, { ratedPowerW }));
  t.same(rated(41), ['warning rating p']);
  t.same(rated(410_000), ['error rating p']);
  t.same(rated(46_000), ['warning rating p']);
  t.same(rated(43_000), []);
  t.same(rated(150), [], 'little load');
  t.same(rated(0), [], 'switched off');
  t.match(
    judgePoints([twice({ power: 41 }, { ratedPowerW: 40_000 })])[0]?.message,
    'reads 41 W, rated 40 kW: factor 1000?',
  );
  t.end();
});

/** Three phases and their whole, of which each look says the same. */
function threePhase(phases: readonly Values[], whole: Values | null, facts: Facts = {}): SeenPoint[] {
  const points = phases.map((values, index) => twice(values, { point: `p-l${index + 1}`, section: `l${index + 1}` }));
  return whole === null ? points : [twice(whole, { ...facts, point: 'p', section: 'total' }), ...points];
}

t.test('phases beside each other and beside their sum', (t) => {
  const l1 = { power: 13_400.5, voltage: 229.7, current: 61.2 };
  const l2 = { power: 12_900.5, voltage: 230.4, current: 58.9 };
  const l3 = { power: 14_800.5, voltage: 231.1, current: 67.3 };
  const total = { power: 41_101.5, voltage: 230.4, current: 187.4 };
  t.same(codes(...threePhase([l1, l2, l3], total)), []);
  t.same(codes(...threePhase([l1, { ...l2, voltage: 0.4, power: 0 }, l3], null)), ['error phase-missing p-l2']);
  t.same(codes(...threePhase([l1, { ...l2, voltage: 188.2 }, l3], null)), ['warning phase-voltage p-l2']);
  const idle = { voltage: 230.4, current: 0, power: 0 };
  t.same(codes(...threePhase([l1, idle, l3], null)), ['info phase-current p-l2'], 'nothing plugged in, perhaps');
  t.same(codes(...threePhase([l1, idle, l3], { voltage: 230.4 }, { role: 'utility' })), ['warning phase-current p-l2']);
  t.same(codes(...threePhase([l1, idle, idle], null)), [], 'a load on one phase');
  t.same(codes(...threePhase([l1, { ...l2, power: -12_900.5 }, l3], null)), ['error phase-reversed p-l2']);
  const solar = twice({ power: 900.5 }, { role: 'solar', point: 'roof' });
  t.same(codes(...threePhase([l1, { ...l2, power: -12_900.5 }, l3], null), solar), [], 'one phase fed by panels');
  t.same(codes(...threePhase([l1, l2, l3], { power: 41.1015 })), ['error phase-sum p']);
  t.same(codes(...threePhase([l1, l2, l3], { current: 62.5 })), ['warning phase-sum p'], 'mean instead of sum');
  t.same(
    codes(...threePhase([l1, { ...l2, power: -5_000 }, l3], { power: 33_202.1 })).includes('warning phase-sum p'),
    false,
  );
  t.same(codes(...threePhase([{ voltage: 24.1 }, { voltage: 0 }, { voltage: 24.2 }], null)), [], 'no grid at all');
  const twin = (point: string, section: string, voltage: number) => twice({ voltage }, { point, section });
  const twins = [twin('a', 'l1', 229.7), twin('b', 'l1', 3.1), twin('c', 'l2', 230.4)];
  t.same(codes(...twins), [], 'two points of one section are no three phases');
  t.same(
    codes(...threePhase([l1, l2, l3], { power: -41_101.5 })),
    ['warning phase-sum p'],
    'the other way than its parts',
  );
  t.same(codes(...threePhase([l1, l2], { power: 41.1015 })), [], 'a phase that is not read');
  t.same(codes(...threePhase([{ power: 10 }, { power: 20 }, { power: 10 }], { power: 90 })), [], 'steps of 10 W');
  t.end();
});

t.test('what the grid cannot be', (t) => {
  t.same(codes(twice({ frequency: 499.8 })), ['warning frequency p']);
  t.same(codes(twice({ frequency: 5 })), ['warning frequency p']);
  for (const frequency of [0, 46.1, 50, 60, 63.9]) t.same(codes(twice({ frequency })), [], `${frequency} Hz`);
  t.match(judgePoints([twice({ frequency: 499.8 })])[0], {
    message: /499\.8 Hz: factor 10\?/,
    remedy: /scale in the profile/,
  });
  t.match(judgePoints([twice({ frequency: 12 })])[0], { message: /12 Hz$/, remedy: /right register/ });
  t.same(codes(twice({ frequency: 50, voltage: 153.6 })), ['warning phase-missing p']);
  t.same(codes(twice({ frequency: 50, voltage: 76.8 })), ['warning phase-missing p']);
  t.same(codes(twice({ frequency: 50, voltage: 0, current: 31.2 })), ['error voltage p']);
  t.same(codes(twice({ frequency: 50, voltage: 23.1, current: 31.2 })), ['warning voltage p']);
  for (const voltage of [100, 120, 127, 208, 230, 277, 400, 480, 690, 10_000]) {
    t.same(codes(twice({ frequency: 50, voltage, current: 31.2 })), [], `${voltage} V`);
  }
  t.same(codes(twice({ voltage: 48.2, current: 31.2 }, { role: 'telecom' })), [], 'direct current');
  t.same(codes(twice({ frequency: 50, voltage: 0, current: 0 })), [], 'switched off');
  t.end();
});

/** Wh after some seconds at a power, in steps. */
const counted = (powerW: number, seconds: number, stepWh: number, fromWh = 1_234_560.7): number =>
  fromWh + Math.floor((powerW * seconds) / 3600 / stepWh) * stepWh;

t.test('registers beside the power of the same time', (t) => {
  const run = (energy: (seconds: number) => number, facts?: Facts, power = 41_000.5) =>
    codes(watched(30, 2, (s) => ({ power: power + s, energy: energy(s) }), facts));
  t.same(
    run((s) => counted(41_000, s, 1)),
    [],
  );
  t.same(
    run((s) => counted(41, s, 0.001)),
    ['error register-scale p'],
  );
  t.same(
    run((s) => counted(41_000_000, s, 1)),
    ['error register-scale p'],
  );
  t.same(
    run((s) => counted(41_000 / 40, s, 0.1), { meter: { ctRatio: 40 } }),
    ['error ct-ratio p'],
  );
  t.same(
    run((s) => counted(41_000 * 2.2, s, 1)),
    ['warning register-mismatch p'],
  );
  t.same(
    run((s) => counted(41_000, Math.floor(s / 8) * 8, 1)),
    [],
    'handed on every eight seconds',
  );
  t.same(
    run((s) => counted(41_000, s, 100)),
    [],
    'steps of 0.1 kWh',
  );
  t.same(
    run((s) => counted(41_000, s, 1000)),
    [],
    'steps of 1 kWh',
  );
  t.same(
    run((s) => counted(410, s, 100), {}, 410),
    [],
    'a small load on a coarse register',
  );
  t.same(
    run((s) => 1_234_560.7 + (s < 30 ? 0 : 10_000)),
    [],
    'one step of 10 kWh',
  );
  const delivery = (s: number) => ({ power: 41_000 + s, energy: 7 + s, 'energy-export': counted(41_000, s, 1) });
  t.same(
    codes(watched(30, 6, delivery, { role: 'generator' })),
    [],
    'what a generator delivers is export to its meter',
  );
  const apart = watched(30, 6, (s) => (s % 12 === 0 ? { power: 41_000 } : { energy: 1_234_560.7 }));
  t.same(codes(apart), [], 'power and register that are not read together');
  const late = watched(60, 2, (s) => ({ energy: counted(41_000, s, 1), ...(s >= 60 && { power: 41_000 }) }));
  t.same(codes(late), [], 'power that is read from the middle on');
  t.end();
});

t.test('a register that stands still, runs backwards, or counts the other direction', (t) => {
  const watch = (looks: number, at: (s: number) => Values, facts?: Facts) => codes(watched(looks, 6, at, facts));
  t.same(
    watch(30, (s) => ({ power: 41_000 + s, energy: 1_234_560.7 })),
    ['error register-still p'],
  );
  t.same(
    watch(10, (s) => ({ power: 41_000 + s, energy: 1_234_560.7 })),
    [],
    'too short to say',
  );
  t.same(
    watch(30, (s) => ({ power: 410 + s, energy: 1_234_500 })),
    [],
    'less than some steps',
  );
  t.same(
    watch(30, (s) => ({ power: 41 + s, energy: 0 })),
    [],
    'a new meter',
  );
  t.same(
    watch(30, (s) => ({ power: -41_000 - s, energy: 1_234_560.7 }), { role: 'solar' }),
    [],
    'not its direction',
  );
  const other = (s: number) => ({ power: 41_000 + s, energy: 77.1, 'energy-export': counted(41_000, s, 1) });
  t.same(watch(30, other), ['error register-direction p']);
  t.same(watch(30, other, { role: 'solar' }), [], 'what a panel delivers is export to its meter');
  t.same(
    watch(3, (s) => ({ power: 41_000, energy: 1_234_560.7 - s })),
    ['error register-backwards p'],
  );
  t.same(
    watch(3, (s) => ({ power: 41_000, energy: s < 10 ? 1_234_560.7 : 3 })),
    ['warning register-reset p'],
  );
  const wrap = (s: number) => ({ power: 41_000, energy: s < 10 ? 999_998.5 : 66.2 });
  t.same(watch(3, wrap, { energyModulusWh: 1_000_000 }), [], 'a declared rollover');
  t.same(
    watch(3, (s) => ({ power: 41_000, energy: s < 10 ? 17_889_863.3 : 17_889_862.1 })),
    [],
    'the last digit of a float',
  );
  t.end();
});

t.test('values that are stuck', (t) => {
  const moving = watched(30, 2, (s) => ({ power: 100 + s }), { point: 'other' });
  const still = (values: Values, looks = 30) =>
    codes(
      watched(looks, 2, () => values),
      moving,
    );
  t.same(still({ power: 41_234.5, voltage: 230.12 }), ['warning stuck p']);
  t.same(still({ power: 41_234.5 }, 10), [], 'too short to say');
  t.same(still({ power: 1240, voltage: 230, current: 5.4 }), [], 'few digits');
  t.same(still({ voltage: 691 / 3 }), [], 'the mean of phases with few digits');
  t.same(still({ power: 0, temperature: 23.4567 }), [], 'nothing, and something slow');
  t.same(codes(watched(30, 2, () => ({ power: 41_234.5 }))), [], 'where nothing moves at all');
  t.end();
});

t.test('one point of two sources', (t) => {
  t.same(codes(twice({ power: 40 }), { ...twice({ power: 40 }), source: 'sources[1]' }), ['error point-twice p']);
  t.end();
});

t.test('the clock beside the collector’s', (t) => {
  const at = Date.UTC(2026, 0, 1);
  const skew = (byMs: number) =>
    judgeSkew(at, at + byMs, at + byMs + 40).map(({ severity, message }) => `${severity}: ${message}`);
  for (const byMs of [-2_000, -40, 0, 500, 1_000, 3_000]) t.same(skew(byMs), [], `${byMs} ms`);
  t.match(skew(8_000), [/^warning: this machine's clock is ahead of the collector's by 7\.0 s$/]);
  t.match(skew(-8_000), [/^warning: .* is behind .* by 8\.0 s$/]);
  t.match(skew(400_000), [/^error: .* not booked$/]);
  t.match(skew(-400_000), [/^warning: /]);
  t.same(judgeSkew(Number.NaN, at, at), [], 'a collector that does not tell');
  t.end();
});

t.test('limits: on this side nothing, on the other a finding', (t) => {
  const power = (factor: number) => codes(twice({ ...honest, power: honest.power * factor }));
  t.same(power(11.2), ['error power-scale p'], 'about 10 times');
  t.same(power(12.5), ['warning power-mismatch p'], 'no known factor');
  const small = (apparentVA: number) =>
    codes(twice({ power: apparentVA / 10.001, 'apparent-power': apparentVA, 'power-factor': 0.9998 }));
  t.same([small(96.123), small(104.123)], [[], ['error power-scale p']]);
  const back = (power: number, apparent: number) => codes(twice({ power, 'apparent-power': apparent }, { role: 'it' }));
  t.same([back(-19, 40), back(-21, 40)], [[], ['error power-negative p']]);
  t.same([back(-190, 10_000), back(-210, 10_000)], [[], ['error power-negative p']]);
  const share = (of: number) => codes(twice({ power: 5_123.4 * of, 'apparent-power': 5_123.4 }));
  t.same([share(0.022), share(0.018), share(0.0018)], [[], ['warning power-scale p'], ['error power-scale p']]);
  t.same([share(1.45), share(1.7), share(5.1)], [[], ['warning power-scale p'], ['error power-scale p']]);
  const rating = (of: number) => codes(twice({ power: 1_000 * of }, { ratedPowerW: 1_000 }));
  t.same([rating(1.09), rating(1.11), rating(2.1)], [[], ['warning rating p'], ['error rating p']]);
  t.same([rating(0.0021), rating(0.0019)], [[], ['warning rating p']]);
  const frequency = (value: number) => codes(twice({ frequency: value })).length;
  t.same([44.9, 45.1, 64.9, 65.1].map(frequency), [1, 0, 0, 1]);
  const voltage = (of: number) =>
    codes(...threePhase([{ voltage: 230.1 }, { voltage: 230.1 * of }, { voltage: 230.1 }], null));
  t.same([voltage(0.87), voltage(0.83)], [[], ['warning phase-voltage p-l2']]);
  t.same([voltage(0.22), voltage(0.18)], [['warning phase-voltage p-l2'], ['error phase-missing p-l2']]);
  const idle = (of: number, top: number) =>
    codes(...threePhase([{ current: top }, { current: top * of }, { current: top }], null)).length;
  t.same([idle(0.006, 60), idle(0.004, 60), idle(0, 4.9), idle(0, 5.1)], [0, 1, 0, 1]);
  t.end();
});

t.test('limits of what needs time', (t) => {
  const scale = (looks: number) =>
    codes(watched(looks, 2, (s) => ({ power: 4_100_000 + s, energy: counted(4_100, s, 0.001) }))).length;
  t.same([scale(13), scale(31)], [0, 1], 'the register may lag behind');
  const still = (powerW: number, everyS: number) =>
    codes(watched(30, everyS, (s) => ({ power: powerW + s, energy: 1_234_500 }))).length;
  t.same([still(41_000, 6), still(42_000, 6), still(420_000, 5), still(420_000, 5.3)], [0, 1, 0, 1]);
  const moving = watched(30, 10, (s) => ({ power: 100 + s }), { point: 'other' });
  const stuck = (looks: number, everyS: number) =>
    codes(
      watched(looks, everyS, () => ({ power: 41_234.5 })),
      moving,
    ).length;
  t.same([stuck(9, 10), stuck(10, 10), stuck(20, 2.3), stuck(20, 2.4)], [0, 1, 0, 1]);
  const at = Date.UTC(2026, 0, 1);
  const ahead = (byMs: number) => judgeSkew(at, at + byMs, at + byMs).map(({ severity }) => severity);
  t.same([ahead(3_000), ahead(3_001), ahead(301_000), ahead(301_001)], [[], ['warning'], ['warning'], ['error']]);
  t.end();
});

t.test('ratios are named, and only steady ones', (t) => {
  t.equal(factorOf(995, 0.1)?.words, '1000 times');
  t.equal(factorOf(1 / 1.75, 0.1)?.words, '1/√3 of');
  t.equal(factorOf(2, 0.1), null);
  t.equal(factorOf(0, 0.1), null);
  t.equal(steady([1000, 1010], 0.1), 1010);
  t.equal(steady([1000, 1], 0.1), null);
  t.equal(steady([], 0.1), null);
  t.end();
});

t.test('steps and digits of values', (t) => {
  const cases: readonly [number, number, number][] = [
    [41_200, 100, 3],
    [230.13, 0.01, 5],
    [-0.5, 0.1, 1],
    [17_889_863.3, 10, 7],
    [0, Number.POSITIVE_INFINITY, 0],
  ];
  for (const [value, step, digits] of cases) {
    t.equal(Number(stepOf([value]).toPrecision(6)), step, `step of ${value}`);
    t.equal(digitsOf(value), digits, `digits of ${value}`);
  }
  t.end();
});

t.test('meters in a line, one for each that differs', (t) => {
  const point = (name: string, meter?: Meter) => ({
    point: name,
    channels: ['power'] as Channel[],
    ...(meter && { meter }),
  });
  const meter = { manufacturer: 'Eastron', model: 'SDM630', serial: '123', ctRatio: 40 };
  t.same(meterLines([point('a', meter), point('b', { ...meter })]), ['meter: Eastron SDM630, serial 123, CT ratio 40']);
  t.same(meterLines([point('a', meter), point('b', { firmware: '1.2', vtRatio: 100 }), point('c')]), [
    'meter of a: Eastron SDM630, serial 123, CT ratio 40',
    'meter of b: firmware 1.2, VT ratio 100',
  ]);
  t.same(meterLines([point('a', {}), point('b')]), []);
  t.end();
});
