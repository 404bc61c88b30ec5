import t from 'tap';
import { Rig, START, scratch } from '../support/rig.ts';

t.test('a register that stands still is not the power at which it moved last', async (t) => {
  const rig = await Rig.open(scratch(t));
  t.teardown(() => rig.close());
  const send = (minute: number, energyWh: number): Promise<void> => {
    rig.nowMs = START + minute * 60_000;
    const readings = [['genset', 'energy', energyWh]];
    rig.send('readings', { v: 1, epoch: 'E1', seq: minute + 1, at: rig.nowMs, readings });
    return rig.settle();
  };
  const powerW = (): number | null | undefined => rig.live.live(rig.fold.registry.site(0)).byRole.generator;
  const point = { point: 'genset', role: 'generator', channels: ['energy'], intervalMs: 60_000 };
  rig.send('birth', { v: 1, epoch: 'E1', firstSeq: 1, at: START, software: 'test/1', points: [point] });
  for (let minute = 0; minute <= 10; minute++) await send(minute, 100_000 + minute * 1000);
  t.equal(powerW(), 60_000);
  // The generator stops: in ten minutes not even the next step of 1 kWh has come.
  for (let minute = 11; minute <= 20; minute++) await send(minute, 110_000);
  t.equal(powerW(), 6000);
  for (let minute = 21; minute <= 70; minute++) await send(minute, 110_000);
  t.equal(powerW(), 1000);
});

t.test('power by role has IT once, at the level of the ratio, and every level is watched', async (t) => {
  const rig = await Rig.open(scratch(t));
  t.teardown(() => rig.close());
  const it = { role: 'it', channels: ['power'], intervalMs: 60_000 };
  const points = [
    { ...it, point: 'ups', level: 'ups-output', feeds: ['rack-1', 'rack-2'] },
    { ...it, point: 'rack-1', level: 'equipment-input' },
    { ...it, point: 'rack-2', level: 'equipment-input' },
  ];
  rig.send('birth', { v: 1, epoch: 'E1', firstSeq: 1, at: START, software: 'test/1', points });
  const send = (minute: number, powers: Record<string, number>): Promise<void> => {
    rig.nowMs = START + minute * 60_000;
    const readings = Object.entries(powers).map(([point, powerW]) => [point, 'power', powerW]);
    rig.send('readings', { v: 1, epoch: 'E1', seq: minute + 1, at: rig.nowMs, readings });
    return rig.settle();
  };
  const live = () => rig.live.live(rig.fold.registry.site(0));
  for (let minute = 0; minute <= 5; minute++) await send(minute, { ups: 1000, 'rack-1': 480, 'rack-2': 490 });
  t.match(live(), { itW: 970, byRole: { it: 970 }, stale: [] });
  for (let minute = 6; minute <= 11; minute++) await send(minute, { 'rack-1': 480, 'rack-2': 490 });
  t.match(live(), { itW: 970, byRole: { it: 970 }, stale: ['ups'] });
});
