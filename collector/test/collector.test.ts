import t from 'tap';
import { birth, scratch, START, tick } from './support/rig.ts';
import { acknowledges, next, run } from './support/running.ts';

const siteFile = `
site: dc-1
name: Test hall
timezone: Asia/Shanghai
points:
  - {point: utility-a, role: utility, accuracyClass: 0.5S}
  - {point: ups-1, role: it, level: ups-output, accuracyClass: 1}
`;

const base = 'wattmark/v1/default/dc-1';

t.test('from MQTT to PUE: site file, readings, acknowledgement, API', async (t) => {
  const running = await run(t, scratch(t), siteFile);
  const { client } = running;
  const acked = next(client, `${base}/hall-a/ack`);
  await client.publishAsync(`${base}/hall-a/birth`, JSON.stringify(birth(1)), { qos: 1, retain: true });
  await client.publishAsync(`${base}/hall-a/readings`, JSON.stringify(tick(1, 3600)), { qos: 1 });
  t.same(await acked, { v: 1, epoch: 'E1', seq: 1 });
  const last = next(client, `${base}/hall-a/ack`, acknowledges(120));
  for (let seq = 2; seq <= 120; seq++) {
    running.nowMs = START + seq * 10_000;
    await client.publishAsync(`${base}/hall-a/readings`, JSON.stringify(tick(seq, 3600)), { qos: 1 });
  }
  await last;
  t.match(await running.get('/api/v1/sites'), [
    {
      site: 'dc-1',
      name: 'Test hall',
      timezone: 'Asia/Shanghai',
      live: { totalW: 3600, itW: 1800, ratio: 2, level: 'ups-output' },
    },
  ]);
  // 119 intervals of 10 s at 3600 W, 10 Wh each.
  const period = 'from=2026-01-01T00:00:00Z&to=2026-01-01T00:15:00Z';
  t.match(await running.get(`/api/v1/sites/dc-1/kpis?${period}`), {
    pue: { value: 2, category: 1, coverage: 890 / 900 },
    totalWh: 890,
    target: { id: 'miit-design-pue-1.3' },
    verdict: 'missed',
  });
  t.match(await running.get('/api/v1/agents'), [{ agent: 'hall-a', epoch: 'E1', seq: 120, lost: 0 }]);
  t.same(await running.get('/healthz'), { status: 'ok' });
});

t.test('one line of JSON from anybody is enough', async (t) => {
  const running = await run(t, scratch(t), siteFile);
  const kpi = next(running.client, `${base}/collector/kpi`);
  const line = '{"v":1,"readings":[["utility-a","power",1300],["ups-1","power",1000]]}';
  await running.client.publishAsync(`${base}/anybody/readings`, line, { qos: 1 });
  t.match(await kpi, { v: 1, site: 'dc-1', totalW: 1300, itW: 1000, ratio: 1.3 });
});

t.test('a stopped collector goes on where it was', async (t) => {
  const data = scratch(t);
  const first = await run({ teardown: () => {} }, data, siteFile);
  await first.client.publishAsync(`${base}/hall-a/birth`, JSON.stringify(birth(1)), { qos: 1 });
  const acked = next(first.client, `${base}/hall-a/ack`, acknowledges(12));
  for (let seq = 1; seq <= 12; seq++) {
    await first.client.publishAsync(`${base}/hall-a/readings`, JSON.stringify(tick(seq, 1000)), { qos: 1 });
  }
  await acked;
  await first.client.endAsync(true);
  await first.collector.stop();
  const second = await run(t, data, siteFile);
  t.match(await second.get('/api/v1/agents'), [{ agent: 'hall-a', epoch: 'E1', seq: 12 }]);
  second.nowMs = START + 130_000;
  t.match(await second.get('/api/v1/sites/dc-1/live'), { totalW: 1000, itW: 500 });
});
