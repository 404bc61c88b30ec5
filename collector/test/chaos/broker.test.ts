import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { Mosquitto } from './support/mosquitto.ts';
import { duplicateOf, isPublish, Proxy, type Tamper } from './support/proxy.ts';
import { randomFrom, seedOf } from './support/random.ts';
import { Stage, until } from './support/stage.ts';

/** Brokers that keep breaking their promises, between a real one and everybody else. */

const load = { agents: ['hall-a', 'hall-b'], intervalMs: 4_000, speed: 40, behindMs: 3 * 3_600_000 } as const;

/** Messages of each agent that must come through while the broker misbehaves. */
const MESSAGES = 60;

async function stageBehind(t: Test, tamper?: Tamper): Promise<{ stage: Stage; proxy: Proxy } | null> {
  const program = requireProgram(t, 'mosquitto');
  if (program === null) return null;
  const port = await freePort();
  await new Mosquitto(t, program, port, false).start();
  const proxy = await Proxy.open(t, port, tamper);
  const stage = await Stage.set(t, { ...load, collectorUrl: proxy.url, agentUrl: proxy.url });
  await stage.collector.start();
  for (const agent of stage.agents) await agent.program.start();
  return { stage, proxy };
}

t.test('a broker that drops every connection again and again', async (t) => {
  const staged = await stageBehind(t);
  if (staged === null) return;
  const { stage, proxy } = staged;
  // Once a minute, compressed as far as the pauses between two connections allow.
  const dropping = setInterval(() => proxy.drop(), 2_000);
  t.teardown(() => clearInterval(dropping));
  await stage.progress(MESSAGES);
  await until('nine connections dropped', () => proxy.dropped >= 9);
  clearInterval(dropping);
  await stage.assertNothingLost(t);
  t.comment(`${proxy.dropped} connections dropped`);
});

t.test('a broker that delivers late, twice and out of order', async (t) => {
  const random = randomFrom(seedOf(t));
  const tampered = { late: 0, twice: 0 };
  const staged = await stageBehind(t, (packet, deliver) => {
    if (!isPublish(packet)) return deliver(packet);
    if (random() < 0.1) {
      tampered.late++;
      void sleep(random() * 400).then(() => deliver(packet));
    } else deliver(packet);
    if (random() < 0.2) {
      tampered.twice++;
      const again = duplicateOf(packet);
      void sleep(random() * 800).then(() => deliver(again));
    }
  });
  if (staged === null) return;
  await staged.stage.progress(MESSAGES);
  t.ok((await staged.stage.metric('wattmark_duplicate_messages_total')) > 0, 'the collector saw messages twice');
  t.ok((await staged.stage.metric('wattmark_early_messages_total')) > 0, 'and out of order');
  await staged.stage.assertNothingLost(t);
  t.ok(tampered.late > 10 && tampered.twice > 20, `${tampered.late} late, ${tampered.twice} twice`);
});
