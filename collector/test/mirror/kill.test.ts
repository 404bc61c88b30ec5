import t from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { killAtRandom } from '../chaos/support/kill.ts';
import { randomFrom, seedOf } from '../chaos/support/random.ts';
import { Stage, until } from '../chaos/support/stage.ts';
import { Influxd } from '../support/influx.ts';
import { Rig } from '../support/rig.ts';
import { assertSameRows } from './same-rows.ts';

/** Ten ticks a second, and forty minutes of them in one. */
const load = { agents: ['hall-a', 'hall-b'], intervalMs: 4_000, speed: 40, behindMs: 3 * 3_600_000 } as const;

interface MirrorAnswer {
  readonly waitingLines: number;
  readonly problem: string | null;
  readonly droppedLines: number;
}

t.test(
  'the collector and a mirror are killed at random: in the end the mirror has every row of the store',
  async (t) => {
    const program = requireProgram(t, 'influxd');
    if (program === null) return;
    const influxd = await Influxd.start(t, program, { port: await freePort() });
    const target = await influxd.database('wattmark');
    const mirror = [{ name: 'fleet', version: 1, url: influxd.url }];
    const stage = await Stage.set(t, { ...load, collectorUrl: null, agentUrl: null, config: { mirror } });
    await stage.collector.start();
    for (const { program } of stage.agents) await program.start();
    await killAtRandom([influxd, stage.collector], 6, randomFrom(seedOf(t)));
    await influxd.start();
    await stage.collector.start();
    await stage.progress(45);
    for (const { program } of stage.agents) await program.stop(30_000);
    // Its last batch is written when it stops, and sent when it is there again.
    await stage.collector.stop(30_000);
    await stage.collector.start();
    await until('the mirror has everything', async () => {
      const [state] = await stage.get<MirrorAnswer[]>('/api/v1/mirrors');
      return state?.waitingLines === 0 && state.problem === null && state.droppedLines === 0;
    });
    await stage.collector.kill();
    const rig = await Rig.open(stage.data);
    const rows = await assertSameRows(t, rig.store, target, rig.fold);
    t.ok(rows > 30, `${rows} rows`);
    await rig.crash();
  },
);
