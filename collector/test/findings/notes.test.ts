import t from 'tap';
import { NOTED_SKEW_MS } from '../../src/accounting/clock-book.ts';
import type { Incident } from '../../src/accounting/incident-book.ts';
import type { AgentFigures } from '../../src/figures.ts';
import { modulusOf } from '../../src/findings/checks/incidents.ts';
import { float32StepOf } from '../../src/findings/checks/registers.ts';
import { limits } from '../../src/findings/thresholds.ts';
import { point, T0 } from '../site/example.ts';
import { find, HOUR_MS, kindsOf, only } from './example.ts';

const meter = point(1, 'utility', { point: 'main', channels: ['energy'] });

function incident(kind: Incident['kind'], more: Partial<Incident> = {}): Incident {
  const span = { fromMs: T0 + HOUR_MS, toMs: T0 + 2 * HOUR_MS };
  return {
    pointId: 1,
    kind,
    agentId: 0,
    ...span,
    count: 10,
    receivedMs: T0 + HOUR_MS,
    beforeWh: 5000,
    afterWh: 12,
    ...more,
  };
}

t.test('a float32 register is known by its digits', async (t) => {
  const kwh = Math.fround(1_234_567.8);
  t.same(float32StepOf('energy', kwh * 1000, Math.fround(kwh - 0.4) * 1000), { stepWh: 125, unit: 'kWh' });
  t.equal(float32StepOf('energy', 92_114_503.2, 92_114_400.1), null, 'tenths of a Wh');
  t.equal(float32StepOf('energy', 5_000_000, 4_999_000), null, 'whole kWh');
  t.equal(float32StepOf('energy', 0, 0), null);
  t.same(float32StepOf('energy', Math.fround(123_456.789), Math.fround(123_400.123)), {
    stepWh: 0.0078125,
    unit: 'Wh',
  });
});

t.test('a register whose float has no digits left for a quarter-hour', async (t) => {
  const valueWh = Math.fround(1_234_567.8) * 1000;
  const register = { pointId: 1, atMs: T0, valueWh, stepWh: 125, meanW: 5000 };
  const found = only({ points: [meter], notes: { registers: [register] } }, 'register-float32');
  t.equal(found.severity, 'warning');
  t.match(
    found.explanation,
    /main stands at 1235 MWh as a 32-bit float in kWh, whose last digit is 125 Wh: 10 % of the 1.25 kWh .* INT64/,
  );
  const beside = { ...meter, channels: ['energy', 'power'] as const };
  t.equal(only({ points: [beside], notes: { registers: [register] } }, 'register-float32').severity, 'notice');
  t.same(kindsOf({ points: [meter], notes: { registers: [{ ...register, meanW: 500_000 }] } }), [], 'a large load');
});

t.test('registers of fuel and water are told of in their own units', async (t) => {
  const tank = point(1, 'generator', { point: 'tank', channels: ['volume', 'power'], quantity: 'volume' });
  const coarse = { pointId: 1, atMs: T0, valueWh: 5_000_000, stepWh: 1000, meanW: 5000 };
  const moves = only({ points: [tank], notes: { registers: [coarse] } }, 'register-coarse');
  t.match(moves.explanation, /^The register of tank moves by 1 m³ every 12 min: 80 % of the 1\.25 m³ that a quarter-h/);
  t.equal(moves.severity, 'warning', 'power says nothing of litres');
  const incidents = [incident('reset', { count: 1, beforeWh: 999_999_900, afterWh: 300 })];
  t.match(
    only({ points: [tank], notes: { incidents } }, 'register-reset').explanation,
    /^The register of tank went from 1000000 m³ to 300 L \(1 time\)\. Look whether the meter was replaced/,
    'nobody can declare where litres wrap',
  );
  const hydrogen = { ...tank, quantity: 'mass', channels: ['mass'] } as const;
  t.match(find({ points: [hydrogen], notes: { incidents } })[0]?.explanation, /from 1000000 t to 300 kg/);
  t.same(float32StepOf('mass', Math.fround(1234.5678), Math.fround(1233.25)), { stepWh: 2 ** -13, unit: 'kg' });
});

t.test('a register that stands still between its steps', async (t) => {
  const register = { pointId: 1, atMs: T0, valueWh: 5_000_000, stepWh: 1000, meanW: 5000 };
  const found = only({ points: [meter], notes: { registers: [register] } }, 'register-coarse');
  t.match(found.explanation, /moves by 1 kWh every 12 min: 80 % of the 1.25 kWh/);
  t.same(kindsOf({ points: [meter], notes: { registers: [{ ...register, stepWh: 10 }] } }), [], 'every 7 s');
  const hourly = { ...meter, intervalMs: HOUR_MS };
  t.same(kindsOf({ points: [hourly], notes: { registers: [register] } }), [], 'read so seldom, its step is not known');
  const unmoved = { ...register, stepWh: Number.NaN, meanW: Number.NaN };
  t.same(kindsOf({ points: [meter], notes: { registers: [unmoved] } }), []);
});

t.test('resets, and those that look like a wrap', async (t) => {
  const found = only({ points: [meter], notes: { incidents: [incident('reset', { count: 1 })] } }, 'register-reset');
  t.match(found.explanation, /The register of main went from 5 kWh to 12 Wh \(1 time\)\./);
  t.same(found.span, { fromMs: T0 + HOUR_MS, toMs: T0 + 2 * HOUR_MS });
  const wrapped = incident('reset', { beforeWh: 999_999_900, afterWh: 300 });
  const rollover = only({ points: [meter], notes: { incidents: [wrapped] } }, 'register-rollover');
  t.match(rollover.explanation, /wraps at 1000 MWh \(1000000000 Wh\) does: 400 Wh were not counted/);
  t.equal(modulusOf(2 ** 32 - 5, 10), 2 ** 32);
  t.equal(modulusOf(5_000_000, 0), null);
  t.equal(modulusOf(999_999_900, 999_000), 1e9);
  t.equal(modulusOf(999_999_900, 999_000_000), null, 'it hardly fell');
});

t.test('what happens now and then is no finding', async (t) => {
  for (const kind of ['gap', 'late', 'conflict'] as const)
    t.same(kindsOf({ points: [meter], notes: { incidents: [incident(kind, { count: 9 })] } }), []);
  const incidents = (['gap', 'late', 'conflict'] as const).map((kind) => incident(kind));
  t.same(kindsOf({ points: [meter], notes: { incidents } }), ['two-agents', 'readings-late', 'sample-gaps']);
});

t.test('incidents of other times, other points and later knowledge are left out', async (t) => {
  const at = (more: Partial<Incident>, asOfMs: number | null = null): string[] =>
    kindsOf({ points: [meter], notes: { incidents: [incident('reset', more)] }, asOfMs });
  t.same(at({ fromMs: T0 - 2, toMs: T0 - 1 }), []);
  t.same(at({ fromMs: T0 + 24 * HOUR_MS, toMs: T0 + 25 * HOUR_MS }), []);
  t.same(at({ fromMs: T0 - HOUR_MS, toMs: T0 }), ['register-reset']);
  t.same(at({ pointId: 7 }), []);
  t.same(at({}, T0 + HOUR_MS - 1), []);
  t.same(at({}, T0 + HOUR_MS), ['register-reset']);
});

t.test('clocks that were wrong', async (t) => {
  const span = { fromMs: T0, toMs: T0 + HOUR_MS, receivedMs: T0, lastReceivedMs: T0 + HOUR_MS, messages: 360 };
  const skew = (kind: 'ahead' | 'behind', worstMs: number) => ({ agentId: 1, kind, worstMs, ...span });
  const look = (kind: 'ahead' | 'behind', worstMs: number) =>
    find({ points: [meter], notes: { clocks: [skew(kind, worstMs)] } });
  t.match(look('ahead', 600_000)[0], {
    kind: 'clock-ahead',
    severity: 'error',
    agent: 'hall-b',
    id: 'clock-ahead/hall-b/2026-03-01T00:00:00Z',
    span: { fromMs: T0, toMs: T0 + HOUR_MS },
    explanation:
      /360 messages of hall-b were dated up to 10 min ahead of their arrival; .* 5 min ahead .* not accounted/,
  });
  t.match(look('ahead', 60_000)[0], { severity: 'warning' });
  t.match(look('behind', 60_000)[0], { kind: 'clock-behind', explanation: /steady delay of up to 60 s/ });
  t.same(look('ahead', limits.clockSkewMs), []);
  t.ok(NOTED_SKEW_MS < limits.clockSkewMs, 'what is not noted cannot be found');
});

t.test('agents as they are now', async (t) => {
  const agent: AgentFigures = {
    agent: 'hall-a',
    site: 'dc-1',
    group: 'default',
    state: 'online',
    lastSeenMs: T0,
    epoch: '1',
    seq: 1,
    lost: 0,
    duplicates: 0,
    rejected: 0,
    clockSkewMs: 200,
    spoolDepth: 3,
    software: null,
    sources: null,
  };
  t.same(kindsOf({ points: [meter], agents: [agent] }), []);
  const found = find({ points: [meter], agents: [{ ...agent, clockSkewMs: -45_000, lost: 7, spoolDepth: 5000 }] });
  t.same(
    found.map(({ kind, agent, span }) => [kind, agent, span]),
    [
      ['clock-skew', 'hall-a', null],
      ['messages-lost', 'hall-a', null],
      ['backlog', 'hall-a', null],
    ],
  );
  t.match(found[0]?.explanation, /The clock of hall-a is 45 s ahead of the collector’s\./);
  t.match(found[1]?.explanation, /hall-a has lost 7 messages/);
});
