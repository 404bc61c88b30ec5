import t from 'tap';
import { surviveKills } from './support/kill.ts';

t.test('20 rounds: the collector with its embedded broker, and two agents', async (t) => {
  await surviveKills(t, { collectorUrl: null, agentUrl: null }, [], 20);
});
