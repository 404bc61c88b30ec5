import t from 'tap';
import { birth, Rig, START, scratch } from './support/rig.ts';

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;

t.test('a month of history, told beside what is read now, is energy of its own time', async (t) => {
  const rig = await Rig.open(scratch(t), START + 60 * DAY_MS);
  t.teardown(() => rig.close());
  const logger = { point: 'old-logger', role: 'it', channels: ['power'], intervalMs: QUARTER_MS };
  const { points, ...head } = birth(1) as { points: object[] };
  rig.send('birth', { ...head, points: [...points, logger] });
  const begin = START;
  const rows = (30 * DAY_MS) / QUARTER_MS;
  let seq = 0;
  const say = (at: number, point: string, powerW: number): void =>
    rig.send('readings', { v: 1, epoch: 'E1', seq: ++seq, at, readings: [[point, 'power', powerW]] });
  for (let row = 0; row <= rows; row++) {
    say(begin + row * QUARTER_MS, 'old-logger', 1_000);
    if (row % 10 === 0) {
      rig.nowMs += 10_000;
      say(rig.nowMs, 'utility-a', 5_000);
    }
  }
  await rig.settle();
  t.equal(rig.acks.at(-1)?.seq, seq);
  rig.nowMs += 120_000;
  rig.pipeline.tick();
  await rig.settle();
  await rig.recorder.idle();
  const siteId = rig.fold.catalogue.siteId('dc-1') ?? -1;
  const pointId = rig.fold.catalogue.pointId(siteId, 'old-logger') ?? -1;
  t.equal(rig.fold.accounting.counters.late, 0);
  const span = { fromMs: begin, toMs: begin + 2 * 3_600_000 };
  const minutes = await rig.store.pointMinutes([pointId], span, null);
  t.ok(minutes.length >= 119, `${minutes.length} minutes`);
  const energyWh = minutes.reduce((sum, minute) => sum + (minute.energyWh ?? 0), 0);
  t.ok(Math.abs(energyWh - 2_000) < 20, `${energyWh} Wh`);
});
