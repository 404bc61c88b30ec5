import { once } from 'node:events';
import { cpSync, mkdirSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { createLogger } from '@wattmark/shared/logger';
import t, { type Test, test } from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import type { InfluxTarget } from '../../src/influx/client.ts';
import { Mirrors } from '../../src/mirror/mirrors.ts';
import { catchUp, evidenceDirectory, restore } from '../../src/restore.ts';
import { Recorder } from '../../src/recorder.ts';
import { refoldLog } from '../../src/restatement/refold-log.ts';
import { accepts, Program } from '../chaos/support/program.ts';
import { until } from '../chaos/support/stage.ts';
import { anonymous, Influxd } from '../support/influx.ts';
import { V2Front } from '../support/influx-v2.ts';
import { birth, Rig, scratch, START, tick } from '../support/rig.ts';
import { assertSameRows } from './same-rows.ts';

const log = createLogger('test', 'silent');
const MIB = 1_048_576;

/** Forty minutes of two points, a reading that comes late, and the end of the day. @returns the data directory. */
async function record(t: Pick<Test, 'teardown'>): Promise<string> {
  const data = scratch(t);
  const rig = await Rig.open(data);
  rig.send('birth', birth(1));
  for (let seq = 1; seq <= 6 * 40; seq++) {
    rig.nowMs = START + seq * 10_000 + 2_000;
    rig.send('readings', tick(seq, 1000 + (seq % 7)));
    if (seq % 60 !== 0) continue;
    rig.pipeline.tick();
    await rig.settle();
  }
  rig.send('readings', { v: 1, at: START + 600_000, readings: [['crac-1', 'power', 70]] });
  rig.send('readings', { v: 1, at: START + 610_000, readings: [['crac-1', 'power', 80]] });
  for (const laterMs of [3_600_000, 30 * 3_600_000, 30 * 3_600_000 + 60_000]) {
    rig.nowMs = START + laterMs;
    rig.pipeline.tick();
    await rig.settle();
  }
  await rig.close();
  return data;
}

const data = await record(t);

/** Everything in a log goes to the store and the mirrors anew. */
async function replayInto(t: Test, targets: readonly InfluxTarget[]) {
  const again = join(scratch(t), 'data');
  mkdirSync(again);
  cpSync(evidenceDirectory(data), evidenceDirectory(again), { recursive: true });
  const restored = await restore(again, log, null);
  const { fold, store, evidence } = restored;
  const mirrors = await Mirrors.open({
    mirrors: targets.map((target, index) => ({ name: `mirror-${index}`, target, maxBytes: 64 * MIB })),
    store: null,
    data: again,
    fold,
    log,
    now: Date.now,
  });
  t.teardown(() => mirrors.close());
  const recorder = new Recorder({ ...restored, store: mirrors.mirrored(store), directory: again, log });
  await catchUp(restored, recorder, { directory: evidenceDirectory(again), refold: refoldLog });
  mirrors.start();
  await recorder.idle();
  t.teardown(async () => {
    await store.close();
    await evidence.close();
  });
  return { mirrors, store, fold };
}

const drained = (mirrors: Mirrors) => (): boolean =>
  mirrors.states.every(({ waitingLines, problem }) => waitingLines === 0 && problem === null);

/** Another port of a server, on which every answer comes late. */
async function slowFront(t: Test, port: number, delayMs: number): Promise<number> {
  const front = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    const late = new Transform({ transform: (chunk, _, done) => void setTimeout(() => done(null, chunk), delayMs) });
    client.pipe(server).pipe(late).pipe(client);
    for (const socket of [client, server]) socket.on('error', () => {});
    client.on('close', () => server.destroy());
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  t.teardown(() => front.close());
  return (front.address() as AddressInfo).port;
}

void test('mirrors by both interfaces, one of them slow, have what the store has', async (t) => {
  const program = requireProgram(t, 'influxd');
  if (program === null) return;
  const influxd = await Influxd.start(t, program);
  const [one, two] = [await influxd.database('one'), await influxd.database('two')];
  await influxd.database('three');
  const slow = { ...two, url: `http://127.0.0.1:${await slowFront(t, influxd.port, 40)}` };
  const front = await V2Front.open(t, influxd);
  const { mirrors, store, fold } = await replayInto(t, [one, slow, front.target('three')]);
  await until('the mirrors have everything', drained(mirrors), 60_000);
  for (const target of [one, two, { ...one, database: 'three' }]) {
    const rows = await assertSameRows(t, store, target, fold);
    t.ok(rows > 85, `${rows} rows`);
  }
});

void test('VictoriaMetrics as a mirror, written by the interface of InfluxDB 2', async (t) => {
  const program = requireProgram(t, 'victoria-metrics');
  if (program === null) return;
  const port = await freePort();
  const directory = scratch(t);
  const victoria = new Program(
    [
      program,
      `-httpListenAddr=127.0.0.1:${port}`,
      `-storageDataPath=${directory}/data`,
      '-retentionPeriod=100y',
      '-search.latencyOffset=0s',
      '-memory.allowedPercent=5',
    ],
    { log: join(directory, 'log'), ready: () => accepts(port) },
  );
  t.teardown(() => victoria.kill());
  await victoria.start();
  const url = `http://127.0.0.1:${port}`;
  const { mirrors, store, fold } = await replayInto(t, [
    { ...anonymous, version: 2, url, database: 'wattmark', org: 'any', token: 'any' },
  ]);
  await until('the mirror has everything', drained(mirrors), 60_000);
  await fetch(`${url}/internal/force_flush`);
  const match = encodeURIComponent('{__name__="wattmark_point_1m_energy_wh",point="utility-a"}');
  const text = await (await fetch(`${url}/api/v1/export?match[]=${match}`)).text();
  const series = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { values: number[]; timestamps: number[] });
  const mirrored = new Map(
    series.flatMap(({ values, timestamps }) => timestamps.map((ms, index) => [ms, values[index]])),
  );
  const pointId = fold.catalogue.pointId(fold.catalogue.siteId('dc-1') ?? 0, 'utility-a') ?? 0;
  const stored = await store.pointMinutes([pointId], { fromMs: 0, toMs: START + 86_400_000 }, null);
  t.ok(stored.length > 35);
  t.equal(mirrored.size, stored.length);
  // It keeps some fifteen digits of a number.
  for (const { startMs, energyWh } of stored) {
    const found = mirrored.get(startMs) ?? Number.NaN;
    t.ok(Math.abs(found / energyWh - 1) < 1e-12, `${startMs}: ${found} for ${energyWh}`);
  }
});

void test('a mirror that is away does not hold up the store', async (t) => {
  const away = { ...anonymous, version: 1, url: 'http://127.0.0.1:1', database: 'wattmark' } as const;
  const { mirrors, store, fold } = await replayInto(t, [away]);
  const pointIds = [...fold.catalogue.points.keys()];
  t.ok((await store.pointMinutes(pointIds, { fromMs: 0, toMs: START + 86_400_000 }, null)).length > 75);
  const [state] = mirrors.states;
  t.ok((state?.waitingLines ?? 0) > 80);
  t.same([state?.sentLines, state?.droppedLines], [0, 0]);
});
