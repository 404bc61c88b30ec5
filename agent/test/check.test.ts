import t from 'tap';
import { allRead, checkSources } from '../src/check.ts';
import { checkJson, checkTable } from '../src/check-table.ts';
import { judgeChecked } from '../src/commissioning/judgement.ts';
import { seenPoints } from '../src/commissioning/seen.ts';
import { SourceError } from '../src/source.ts';
import { FakeClock } from './support/fake-clock.ts';
import { fakeSource, powerOf } from './support/fake-source.ts';
import { silent } from './support/log.ts';
import { surroundings } from './support/surroundings.ts';

async function check(...sources: ReturnType<typeof fakeSource>[]) {
  const clock = new FakeClock();
  const checking = checkSources(sources, { surroundings: surroundings(clock), log: silent, watchMs: 0 });
  await clock.pass(12_000);
  return { checked: await checking, clock };
}

t.test('what is read, what is missing and what fails, with the reason', async (t) => {
  let looks = 0;
  const { checked } = await check(
    { ...fakeSource('a', async () => powerOf('a', ++looks)), settings: { host: '10.0.0.7', port: 502, unit: 3 } },
    fakeSource('b', async () => ({ readings: [], noData: [{ point: 'b', channel: 'power', reason: 'sentinel' }] })),
    fakeSource('c', async () => ({ readings: [], noData: [] })),
    fakeSource('d', async () => powerOf('d', 60e12)),
    fakeSource('e', async () => {
      throw new SourceError('absent', 'no route to host');
    }),
    fakeSource('f', () => new Promise(() => {})),
    fakeSource('g', async () => powerOf('g', 1), {
      open: async () => {
        throw new SourceError('fatal', 'no such profile');
      },
    }),
  );
  t.equal(allRead(checked), false);
  const table = checkTable(checked, [], 2_200);
  t.match(table, /^fake a fake 10\.0\.0\.7 port 502 unit 3\n {2}point +channel +value +unit +age\n {2}a +power +2 +W /);
  t.match(table, / b +power +- +W +- +sentinel\n/);
  t.match(table, / c +power +- +W +- +not read\n/);
  t.match(table, / d +power +60000000000000 +W .* is out of range\n/);
  t.match(table, /^fake e fake: no route to host$/m);
  t.match(table, /^fake f fake: no answer within 5000 ms$/m);
  t.match(table, /^fake g fake: no such profile$/m);
  t.match(table, /\n4 of 7 sources answered; 1 of 4 channels read\n$/);
});

t.test('everything read; the same for a program', async (t) => {
  const { checked, clock } = await check(
    fakeSource('a', async () => ({ readings: [['a', 'power', 12.5, 'estimated']], noData: [] })),
  );
  t.equal(allRead(checked), true);
  t.match(checkTable(checked, [], clock.monotonicMs()), / a +power +12\.5 +W +10\.8 s +estimated\n/);
  t.match(JSON.parse(checkJson(checked, [], clock.monotonicMs())), {
    sources: [
      {
        label: 'fake a',
        kind: 'fake',
        problem: null,
        ageMs: 10_800,
        channels: [{ point: 'a', channel: 'power', value: 12.5, unit: 'W', quality: 'estimated', problem: null }],
      },
    ],
  });
});

t.test('watched: thirty looks, and what is wrong with how it answers', async (t) => {
  let looks = 0;
  const clock = new FakeClock();
  const source = fakeSource('a', async () => {
    if (++looks % 4 === 2) throw new SourceError('retry', 'a checksum is wrong');
    return powerOf('a', looks);
  });
  const slow = fakeSource('b', () => clock.sleep(4_000).then(() => powerOf('b', 1)), { deadlineMs: 3_000 });
  const checking = checkSources([source, slow], { surroundings: surroundings(clock), log: silent, watchMs: 60_000 });
  await clock.pass(80_000);
  const checked = await checking;
  t.equal(checked[0]?.looks.length, 31);
  const ats = checked[0]?.looks.map(({ at }) => at) ?? [];
  t.equal((ats.at(-1) ?? 0) - (ats[0] ?? 0), 60_000);
  t.equal(checked[1]?.looks.length, 11, 'its own delay counts');
  const findings = judgeChecked(checked);
  t.match(
    findings.map(({ severity, code, about }) => `${severity} ${code} ${about}`),
    ['error slow fake b', 'warning fails-at-times fake a'],
  );
  t.match(findings[0]?.message, '10 of 10 looks took longer than the deadline of 3000 ms, up to 4.0 s');
  t.match(findings[1]?.message, '8 of 30 looks failed: a checksum is wrong');
  const table = checkTable(checked, findings, clock.monotonicMs());
  t.match(table, /\nfindings\n {2}error {4}fake b: 10 of 10 looks .*\n {11}in operation such readings are lost/);
  t.match(table, /; 1 error, 1 warning\n$/);
  t.match(JSON.parse(checkJson(checked, findings, 0)), {
    findings: [{ code: 'slow', severity: 'error', about: 'fake b' }],
  });
});

t.test('a history that ends with the first look is shown; a look that succeeded was not given up', async (t) => {
  const signals: AbortSignal[] = [];
  const source = fakeSource('a', async (signal) => {
    const dated = signals.push(signal) === 1 ? [{ at: 7, readings: [['a', 'power', 11] as const] }] : [];
    return { readings: [], dated, noData: [] };
  });
  const { checked } = await check(source);
  const lookedAt = checked[0]?.looks.at(-1)?.at ?? 0;
  const row = { point: 'a', channel: 'power', value: 11, problem: null, olderMs: lookedAt - 7 };
  t.match(checked, [{ channels: [row] }]);
  const ageOf = (olderMs: number): string | undefined => {
    const aged = checked.map((one) => ({ ...one, channels: one.channels.map((two) => ({ ...two, olderMs })) }));
    const { readMs = 0 } = checked[0] ?? {};
    return / W +(\S+ \S+)$/m.exec(checkTable(aged, [], readMs))?.[1];
  };
  t.same([2_500, 840_000, 7_200_000, 864e5 * 3].map(ageOf), ['2.5 s', '14 min', '2 h', '3 d']);
  t.same(
    signals.map(({ aborted }) => aborted),
    [false, false],
  );
});

t.test('what a point said, with what the operator said of it', async (t) => {
  const clock = new FakeClock();
  const at = clock.now() - 5_000;
  const declaration = { point: 'a', role: 'it', channels: ['power'], meter: { ctRatio: 40 } } as const;
  const source = fakeSource('a', async () => ({
    readings: [
      ['a', 'power', 12],
      ['a', 'energy', -1],
      ['a', 'current', 3, 'estimated'],
      ['b', 'power', 5],
    ],
    dated: [{ at, readings: [['a', 'power', 11]] }],
    noData: [],
  }));
  const points = { ...source, settings: { points: [{ point: 'a', from: 'l1', ratedPower: 40_000 }] } };
  const module = {
    ...source.module,
    open: async () => ({ ...(await source.module.open({}, {} as never)), points: [declaration] }),
  };
  const checking = checkSources([{ ...points, module }], {
    surroundings: surroundings(clock),
    log: silent,
    watchMs: 0,
  });
  await clock.pass(2_000);
  const [seen] = (await checking).flatMap(seenPoints);
  t.match(seen, {
    point: 'a',
    role: 'it',
    section: 'l1',
    ratedPowerW: 40_000,
    energyModulusWh: null,
    meter: { ctRatio: 40 },
  });
  t.same(
    seen?.rows.map(({ values }) => values),
    [{ power: 11 }, { power: 12 }, { power: 11 }, { power: 12 }],
    'plausible and measured',
  );
  t.equal(seen?.rows[0]?.at, at);
});
