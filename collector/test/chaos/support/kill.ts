import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { randomFrom, seedOf } from './random.ts';
import { Stage, type StageOptions } from './stage.ts';

/** kill -9 of everything at random instants while two agents publish: nothing is lost and nothing counted twice. */

/** Ten ticks a second, and forty minutes of them in one. */
const load = { agents: ['hall-a', 'hall-b'], intervalMs: 4_000, speed: 40, behindMs: 3 * 3_600_000 } as const;

export interface Victim {
  kill(): Promise<void>;
  launch(): void;
}

/** Runs a collector, agents and what is between them through so many rounds of killing, and asserts that nothing is lost. */
export async function surviveKills(
  t: Test,
  urls: Pick<StageOptions, 'collectorUrl' | 'agentUrl'>,
  brokers: readonly Victim[],
  rounds: number,
): Promise<void> {
  const random = randomFrom(seedOf(t));
  const stage = await Stage.set(t, { ...load, ...urls });
  await stage.collector.start();
  for (const { program } of stage.agents) await program.start();
  await killAtRandom([...brokers, stage.collector, ...stage.agents.map(({ program }) => program)], rounds, random);
  await stage.collector.start();
  await stage.progress(5);
  await stage.assertNothingLost(t);
}

/** Kills one or more of the victims at a time, and leaves them dead for a while. */
export async function killAtRandom(victims: readonly Victim[], rounds: number, random: () => number): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    await sleep(100 + random() * 1_400);
    const chosen = victims.filter(() => random() < 0.3);
    const killed = chosen.length > 0 ? chosen : [victims[Math.floor(random() * victims.length)] as Victim];
    await Promise.all(killed.map((victim) => victim.kill()));
    await sleep(random() * 300);
    for (const victim of killed) victim.launch();
  }
}
