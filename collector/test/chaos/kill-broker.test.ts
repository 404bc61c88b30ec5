import t from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { surviveKills } from './support/kill.ts';
import { Mosquitto } from './support/mosquitto.ts';

for (const persistence of [false, true]) {
  const what = `mosquitto with persistence ${persistence ? 'on' : 'off'}, the collector and two agents`;
  t.test(`10 rounds: ${what}`, async (t) => {
    const program = requireProgram(t, 'mosquitto');
    if (program === null) return;
    const broker = new Mosquitto(t, program, await freePort(), persistence);
    await broker.start();
    await surviveKills(t, { collectorUrl: broker.url, agentUrl: broker.url }, [broker], 10);
  });
}
