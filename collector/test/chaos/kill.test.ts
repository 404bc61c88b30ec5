import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { Mosquitto } from './support/mosquitto.ts';
import { randomFrom, seedOf } from './support/random.ts';
import { Stage } from './support/stage.ts';

/** kill -9 of everything at random instants while two agents publish: nothing is lost and nothing counted twice. */

/** Ten ticks a second, and forty minutes of them in one. */
const load = { agents: ['hall-a', 'hall-b'], intervalMs: 4_000, speed: 40, behindMs: 3 * 3_600_000 } as const;

interface Victim {
  kill(): Promise<void>;
  launch(): void;
}

/** Kills one or more of the victims at a time, and leaves them dead for a while. */
async function killAtRandom(victims: readonly Victim[], rounds: number, random: () => number): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    await sleep(100 + random() * 1_400);
    const chosen = victims.filter(() => random() < 0.3);
    const killed = chosen.length > 0 ? chosen : [victims[Math.floor(random() * victims.length)] as Victim];
    await Promise.all(killed.map((victim) => victim.kill()));
    await sleep(random() * 300);
    for (const victim of killed) victim.launch();
  }
}

for (const persistence of [false, true]) {
  t.test(`mosquitto with persistence ${persistence ? 'on' : 'off'}, the collector and two agents`, async (t) => {
    const program = requireProgram(t, 'mosquitto');
    if (program === null) return;
    const broker = new Mosquitto(t, program, await freePort(), persistence);
    await broker.start();
    const stage = await Stage.set(t, { ...load, collectorUrl: broker.url, agentUrl: broker.url });
    await surviveKills(t, stage, [broker], 10);
  });
}

t.test('the collector with its embedded broker, and two agents', async (t) => {
  await surviveKills(t, await Stage.set(t, { ...load, collectorUrl: null, agentUrl: null }), [], 20);
});

async function surviveKills(t: Test, stage: Stage, brokers: readonly Victim[], rounds: number): Promise<void> {
  const random = randomFrom(seedOf(t));
  await stage.collector.start();
  for (const { program } of stage.agents) await program.start();
  await killAtRandom([...brokers, stage.collector, ...stage.agents.map(({ program }) => program)], rounds, random);
  await stage.collector.start();
  await stage.assertNothingLost(t);
}
