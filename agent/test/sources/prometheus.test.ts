import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reading } from '@wattmark/shared/messages';
import t, { type Test } from 'tap';
import * as v from 'valibot';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import prometheus from '../../src/sources/prometheus.ts';
import { type Sample, SourceError } from '../../src/source.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { scratch } from '../support/scratch.ts';
import { conformance, context, openSource, tick } from './conformance.ts';
import { createTcpProxy } from './faulty-proxy.ts';
import { createServer as createHost, METER, PACKAGE } from './host-tree.ts';
import { type Running, start } from './process.ts';

const LISTENING = /msg="Listening on"|address=127|Starting HTTP server/;

/** node_exporter on a machine whose sensors the test writes. */
async function startNodeExporter(t: Test) {
  const program = requireProgram(t, 'prometheus-node-exporter');
  if (program === null) return null;
  const host = await createHost(t);
  const port = await freePort();
  const args = [
    `--path.sysfs=${host.root}/sys`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--collector.disable-defaults',
    '--collector.rapl',
    '--collector.hwmon',
  ];
  let running: Running | null = null;
  const restart = async () => {
    await running?.stop();
    running = await start(program, args, LISTENING);
  };
  t.teardown(() => running?.stop());
  await restart();
  return { host, port, restart };
}

const points = [
  {
    point: 'host-1',
    role: 'it',
    level: 'equipment-input',
    channels: {
      power: { metric: 'node_hwmon_power_average_watt', labels: { chip: '/.*power_meter/' } },
      energy: { metric: 'node_hwmon_energy_joule_total', labels: { sensor: 'energy1' }, unit: 'J' },
    },
  },
  {
    point: 'host-1-cpu',
    channels: {
      energy: { metric: 'node_rapl_package_joules_total', unit: 'J', combine: 'sum', wraps: 262_143.328_85 },
    },
  },
];

t.test('conformance', async (t) => {
  const exporter = await startNodeExporter(t);
  if (exporter === null) return;
  const proxy = await createTcpProxy(() => exporter.port);
  t.teardown(() => proxy.close());
  const config = { url: `http://127.0.0.1:${proxy.port}/metrics`, points };
  const first = { [`${METER}/power1_average`]: 217_000_000, [`${METER}/energy1_input`]: 97_200_000_000 };
  const other = { [`${METER}/power1_average`]: 99_000_000, [`${METER}/energy1_input`]: 3_600_000_000 };
  const impossible = { ...first, [`${METER}/power1_average`]: '4294967295000000000' };
  const said = { first, other, impossible };
  await exporter.host.write({ [`${PACKAGE}/energy_uj`]: 36_000_000 });
  conformance(t, {
    open: () => openSource(prometheus, config),
    openWrong: () => openSource(prometheus, { ...config, url: `http://127.0.0.1:${proxy.port}/metric` }),
    // node_exporter answers any other path with a page for people.
    wrong: /it is no exposition of metrics; is the path right\? Often it is \/metrics/,
    async restartAs(name) {
      await exporter.host.write(said[name]);
      await exporter.restart();
    },
    behave(behaviour) {
      proxy.behaviour = behaviour === 'slow' ? 600 : behaviour;
    },
    readings: { first: readings(217, 27), other: readings(99, 1) },
  });
});

function readings(power: number, energy: number): Reading[] {
  return [
    ['host-1', 'power', power],
    ['host-1', 'energy', energy],
    ['host-1-cpu', 'energy', 0.01],
  ];
}

t.test('the counters of processors: their sum, and where it wraps', async (t) => {
  const exporter = await startNodeExporter(t);
  if (exporter === null) return;
  const second = 'sys/class/powercap/intel-rapl:1';
  await exporter.host.write({
    [`${PACKAGE}/energy_uj`]: 262_000_000_000,
    [`${second}/name`]: 'package-1',
    [`${second}/energy_uj`]: 3_600_000_000,
    [`${second}/max_energy_range_uj`]: 262_143_328_850,
  });
  await exporter.restart();
  const source = await openSource(prometheus, { url: `http://127.0.0.1:${exporter.port}/metrics`, points });
  t.teardown(() => source.close());
  const modulusWh = 262_143.328_85 / 3600;
  t.same(source.points, [
    {
      point: 'host-1',
      role: 'it',
      level: 'equipment-input',
      channels: ['power', 'energy'],
      source: 'prometheus',
      intervalMs: 1000,
    },
    { point: 'host-1-cpu', channels: ['energy'], source: 'prometheus', intervalMs: 1000, energyModulusWh: modulusWh },
  ]);
  const { readings } = (await tick(source)) as Sample;
  const energy = readings.find(([point]) => point === 'host-1-cpu')?.[2] ?? Number.NaN;
  t.ok(Math.abs(energy - (265_600 / 3600 - modulusWh)) < 1e-6, `${energy} Wh, which is below the modulus`);
  const single = { energy: { metric: 'node_rapl_package_joules_total', unit: 'J' } };
  const ambiguous = await openSource(prometheus, {
    url: `http://127.0.0.1:${exporter.port}/metrics`,
    points: [{ point: 'a', channels: single }],
  });
  t.match(await tick(ambiguous), {
    readings: [],
    noData: [{ reason: /2 series match: say more labels, or combine: sum or mean: node_rapl.*index="0".*index="1"/ }],
  });
});

t.test('Prometheus itself: federated values have their own times, and each is said once', async (t) => {
  const program = requireProgram(t, 'prometheus');
  const exporter = program === null ? null : await startNodeExporter(t);
  if (program === null || exporter === null) return;
  const directory = scratch(t);
  const scrapes = [{ job_name: 'node', static_configs: [{ targets: [`127.0.0.1:${exporter.port}`] }] }];
  // YAML reads JSON.
  writeFileSync(
    join(directory, 'prometheus.yml'),
    JSON.stringify({ global: { scrape_interval: '1s' }, scrape_configs: scrapes }),
  );
  const port = await freePort();
  const running = await start(
    program,
    [
      `--config.file=${directory}/prometheus.yml`,
      `--storage.tsdb.path=${directory}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    /Server is ready to receive web requests/,
  );
  t.teardown(() => running.stop());
  const source = await openSource(prometheus, {
    url: `http://127.0.0.1:${port}/federate?match[]={job="node"}`,
    points: [{ point: 'host-1', channels: { power: { metric: 'node_hwmon_power_average_watt' } } }],
  });
  t.teardown(() => source.close());
  const times: number[] = [];
  // It begins to scrape five seconds after it is ready.
  for (let looks = 0; times.length < 2 && looks < 120; looks++) {
    const outcome = await tick(source);
    if (outcome instanceof SourceError) throw outcome;
    t.same(outcome.readings, []);
    for (const { at, readings } of outcome.dated ?? []) {
      t.same(readings, [['host-1', 'power', 217]]);
      times.push(at);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const [one = 0, two = 0] = times;
  t.ok(Math.abs(two - one - 1000) < 300, `${two - one} ms apart`);
  t.ok(Math.abs(Date.now() - two) < 3000);
});

/** An exporter that says what the test wants. */
async function startFake(t: Test, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

t.test('what the series say decides whether there is data', async (t) => {
  let text = '';
  const clock = new FakeClock();
  const url = await startFake(t, (_request, response) => response.end(text));
  const power = { metric: 'power_watts', labels: { feed: 'a', phase: '/l[12]/' }, combine: 'sum' };
  const config = v.parse(prometheus.schema, {
    url,
    points: [
      { point: 'a', channels: { power, temperature: { metric: 'temp' } } },
      {
        point: 'b',
        estimated: 'Modelled by the exporter from processor load.',
        channels: { power: { metric: 'modelled', unit: 'kW' } },
      },
    ],
  });
  const source = await prometheus.open(config, { ...context, clock });
  const say = async (...lines: string[]) => {
    text = `${lines.join('\n')}\n`;
    const outcome = await tick(source);
    if (outcome instanceof SourceError) throw outcome;
    const reason = outcome.noData.find(({ point, channel }) => point === 'a' && channel === 'power')?.reason;
    return reason ?? [...outcome.readings, ...(outcome.dated ?? [])];
  };
  const of = (phase: string, value: unknown) => `power_watts{feed="a",phase="${phase}"} ${String(value)}`;
  t.same(
    await say(
      of('l1', 1),
      of('l2', 2),
      of('l3', 4),
      of('l12', 16),
      of('xl1', 32),
      'power_watts{feed="b",phase="l1"} 8',
      'temp 21',
      'modelled 0.2',
    ),
    [
      ['a', 'power', 3],
      ['a', 'temperature', 21],
      ['b', 'power', 200, 'estimated'],
    ],
  );
  t.match(source.points[1], { method: 'Modelled by the exporter from processor load.' });
  t.equal(await say('temp 1'), 'the exporter has no metric power_watts');
  t.equal(
    await say(of('l3', 1)),
    'no series of power_watts has these labels; there are: power_watts{feed="a",phase="l3"}',
  );
  t.equal(await say(of('l1', 'NaN')), 'the exporter says NaN for power_watts{feed="a",phase="l1"}');
  t.equal(await say(of('l1', '+Inf')), 'the exporter says Infinity for power_watts{feed="a",phase="l1"}');
  t.match(await say(of('l1', '9223372036854775794')), /^the exporter says 9223372036854776000 for power_watts/);
  t.match(await say(of('l1', 1e12)), /impossible value/);
  t.match(
    await say('# TYPE power_watts counter', of('l1', 1)),
    /is a counter, which only grows: read it as energy, not as power/,
  );
  t.match(await say(of('l1', 1), 'power_watts{feed=a} 1'), /line 2 about power_watts cannot be read/);
  const now = clock.now();
  t.match(await say(of('l1', `1 ${now - 2000}`), of('l2', `2 ${now - 1000}`)), [
    { at: now - 1000, readings: [['a', 'power', 3]] },
  ]);
  t.same(await say(of('l1', `1 ${now - 1000}`)), [], 'the same instant again is nothing new');
  t.equal(await say(of('l1', `1 ${now - 4000}`)), "the exporter's value is 4 s old");
  t.equal(await say(of('l1', `1 ${now + 90_000}`)), "the exporter's clock is 90 s ahead of this host's");
});

t.test('who may ask, and what an exporter answers that is none', async (t) => {
  let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {};
  const url = await startFake(t, (request, response) => answer(request, response));
  const directory = scratch(t);
  const series = { power: { metric: 'p' } };
  const ask = async (more: object = {}) => {
    const source = await prometheus.open(
      v.parse(prometheus.schema, { url, points: [{ point: 'a', channels: series }], ...more }),
      {
        ...context,
        directory,
      },
    );
    return tick(source);
  };
  writeFileSync(join(directory, 'token'), 'secret\n');
  const sent: string[] = [];
  answer = ({ headers }, response) => {
    sent.push(`${headers.authorization}`);
    response.end('p 1\n');
  };
  t.match(await ask({ bearerTokenFile: 'token' }), { readings: [['a', 'power', 1]] });
  t.match(await ask({ username: 'reader', password: 'pässword' }), { readings: [['a', 'power', 1]] });
  t.same(sent, ['Bearer secret', `Basic ${Buffer.from('reader:pässword').toString('base64')}`]);
  t.match(await ask({ bearerTokenFile: 'nowhere' }), { kind: 'absent', message: /cannot be read: ENOENT/ });
  const at = Date.now() - 500;
  answer = (_request, response) => {
    response.setHeader('content-type', 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    response.end(`# TYPE p gauge\np 5 ${at / 1000}\n# EOF\n`);
  };
  t.match(await ask(), { dated: [{ at, readings: [['a', 'power', 5]] }] });
  for (const [status, kind, message] of [
    [401, 'absent', /answers 401: are username and password, or bearerTokenFile, right\?/],
    [302, 'absent', /answers 302 and points to \/login: is the path right/],
    [404, 'absent', /answers 404/],
    [503, 'absent', /answers 503/],
  ] as const) {
    answer = (_request, response) => response.writeHead(status, status === 302 ? { location: '/login' } : {}).end();
    t.match(await ask(), { kind, message });
  }
  answer = (_request, response) => response.end('<html>welcome</html>');
  t.match(await ask(), { kind: 'absent', message: /it is no exposition of metrics; is the path right\?/ });
  const nobody = `http://127.0.0.1:${await freePort()}/metrics`;
  t.match(await ask({ url: nobody }), { kind: 'absent', message: /ECONNREFUSED/ });
});

t.test('what a configuration may not say', async (t) => {
  const problem = (more: object, series: object = { power: { metric: 'a' } }) => {
    const points = [{ point: 'a', channels: series }];
    const result = v.safeParse(prometheus.schema, { url: 'http://a/metrics', points, ...more });
    return result.success ? 'accepted' : result.issues.map(({ message }) => message).join();
  };
  t.equal(problem({}), 'accepted');
  t.match(problem({ url: 'http://user:password@a/metrics' }), /without a password in it/);
  t.match(problem({ username: 'a', bearerTokenFile: 'b' }), /exclude each other/);
  t.match(problem({}, { power: { metric: 'a-b' } }), /name of a metric/);
  t.match(problem({}, { power: { metric: 'a', labels: { b: '/(/' } } }), /no regular expression/);
  t.match(problem({}, { energy: { metric: 'a', wraps: 5, combine: 'mean' } }), /means nothing/);
  t.match(problem({}, { energy: { metric: 'a', unit: 'W' } }), /the unit W is not one of Wh, kWh/);
});
