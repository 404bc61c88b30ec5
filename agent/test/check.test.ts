import t from 'tap';
import { allRead, checkSources } from '../src/check.ts';
import { checkJson, checkTable } from '../src/check-table.ts';
import { SourceError } from '../src/source.ts';
import { FakeClock } from './support/fake-clock.ts';
import { fakeSource, powerOf } from './support/fake-source.ts';
import { silent } from './support/log.ts';
import { surroundings } from './support/surroundings.ts';

async function check(...sources: ReturnType<typeof fakeSource>[]) {
  const clock = new FakeClock();
  const checking = checkSources(sources, surroundings(clock), silent);
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
  const table = checkTable(checked, 2_200);
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
  t.match(checkTable(checked, clock.monotonicMs()), / a +power +12\.5 +W +10\.8 s +estimated\n/);
  t.match(JSON.parse(checkJson(checked, clock.monotonicMs())), {
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
