import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { requireProgram } from '../../../shared/test/program.ts';
import { scratch } from '../support/rig.ts';
import { readWitness } from './support/evidence.ts';
import { Stage, until } from './support/stage.ts';

/** An agent whose wall clock jumps while it samples (libfaketime, monotonic time untouched), and a collector whose clock is right. */

const INTERVAL_MS = 200;
const HOUR_MS = 3_600_000;

interface Interval {
  readonly start: string;
  readonly energyWh: number | null;
  readonly measuredS: number;
  readonly estimatedS: number;
  readonly maxW: number | null;
}

t.test('a clock that jumps an hour ahead, an hour behind, and back', async (t) => {
  if (requireProgram(t, 'faketime') === null) return;
  const clock = join(scratch(t), 'clock');
  const set = (offset: string): void => writeFileSync(clock, offset);
  set('+0');
  const stage = await Stage.set(t, {
    collectorUrl: null,
    agentUrl: null,
    agents: ['hall-a'],
    intervalMs: INTERVAL_MS,
    speed: 1,
    behindMs: 0,
    env: {
      LD_PRELOAD: libfaketime(),
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
  });
  await stage.collector.start();
  const [agent] = stage.agents;
  await agent?.program.start();
  const skewMs = async (): Promise<number> => (await stage.agent('hall-a'))?.clockSkewMs ?? Number.NaN;
  const near = (expectedMs: number) => async (): Promise<boolean> => Math.abs((await skewMs()) - expectedMs) < 5_000;

  await stage.progress(10);
  t.ok(await near(0)(), 'a clock that is right');
  t.equal(await stage.metric('wattmark_ahead_readings_total'), 0);

  set('+1h');
  await until('the skew of a clock an hour ahead', near(-HOUR_MS));
  await stage.progress(10);
  t.ok((await stage.metric('wattmark_ahead_readings_total')) > 0, 'readings from the future are counted');

  set('-1h');
  await until('the skew of a clock an hour behind', near(HOUR_MS));
  const late = await stage.metric('wattmark_late_readings_total');
  await stage.progress(10);
  t.ok((await stage.metric('wattmark_late_readings_total')) > late, 'readings from the past are counted');

  set('+0');
  await until('a clock that is right again', near(0));
  const backMs = Date.now();
  await stage.progress(20);

  const span = `from=${new Date(backMs - 2 * HOUR_MS).toISOString()}&to=${new Date(backMs + 2 * HOUR_MS).toISOString()}`;
  for (const point of ['hall-a-feed', 'hall-a-ups', 'hall-a-coarse', 'hall-a-register', 'hall-a-guess']) {
    const path = `/api/v1/points/dc-1/${point}/series?step=PT1M&${span}`;
    const { intervals } = await stage.get<{ intervals: Interval[] }>(path);
    const known = intervals.filter(({ energyWh }) => energyWh !== null);
    t.ok(known.length >= 1 && known.length <= 4, `${point}: ${known.length} minutes, all of them when it really was`);
    for (const { start, measuredS, estimatedS, energyWh, maxW } of known) {
      t.ok(Math.abs(Date.parse(start) - backMs) < 300_000, start);
      t.ok(measuredS + estimatedS <= 60, `${measuredS} s measured and ${estimatedS} s estimated`);
      // Nothing that a load agent reads is above 22 kW.
      t.ok((energyWh ?? 0) >= 0 && (energyWh ?? 0) <= 22_000 / 60, `${energyWh} Wh`);
      t.ok(maxW === null || maxW <= 22_000);
    }
  }

  t.equal(await agent?.program.stop(20_000), 0, 'the agent drained and stopped');
  t.equal(await stage.collector.stop(20_000), 0);
  const messages = (await readWitness(stage.data)).messages.get('hall-a') ?? [];
  const stored = agent?.journal().filter((line) => line.seq !== undefined) ?? [];
  t.same(
    messages.map(({ at }) => at),
    stored.map(({ at }) => at),
    'the evidence has every message with its own time, right or wrong',
  );
  // Each phase lasted a second or more; a silence would be a phase without messages.
  const offsets = new Set(messages.map(({ at }) => Math.round((at - backMs) / HOUR_MS)));
  t.same(offsets, new Set([0, 1, -1]));
});

/** Debian keeps it in a directory named after the machine's architecture. */
function libfaketime(): string {
  const candidates = readdirSync('/usr/lib').map((name) => join('/usr/lib', name, 'faketime', 'libfaketime.so.1'));
  return candidates.find(existsSync) ?? 'libfaketime.so.1';
}
