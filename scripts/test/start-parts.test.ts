import { createServer } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { parse } from 'yaml';
import { freePort } from '../../shared/test/free-port.ts';
import { startChild } from '../start/child.mjs';
import { writeConfiguration } from '../start/configuration.mjs';
import { severeMessage } from '../start/log-line.mjs';
import { parseOptions } from '../start/options.mjs';
import { portProblems } from '../start/ports.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

t.test('options', async (t) => {
  t.same(parseOptions([]), {
    help: false,
    demo: true,
    httpPort: 8080,
    mqttPort: 1883,
    devicePort: 15_020,
    data: undefined,
  });
  t.match(parseOptions(['--no-demo', '--http-port', '9', '--data', 'x']), { demo: false, httpPort: 9, data: 'x' });
  t.throws(() => parseOptions(['--http-port', 'many']), { name: 'UsageError', message: /--http-port must be/ });
  t.throws(() => parseOptions(['--mqtt-port=0']), { name: 'UsageError' });
  t.throws(() => parseOptions(['--frobnicate']), { name: 'UsageError', message: /--frobnicate/ });
  t.throws(() => parseOptions(['stray']), { name: 'UsageError' });
});

t.test('a port in use is named with the option that changes it', async (t) => {
  const port = await freePort();
  t.same(await portProblems([{ protocol: 'tcp', port, option: '--http-port' }]), []);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const [problem] = await portProblems([{ protocol: 'tcp', port, option: '--http-port' }]);
  t.match(problem, new RegExp(`TCP port ${port} is in use.*--http-port \\d+`));
  const [following] = await portProblems([{ protocol: 'tcp', port, option: '--device-port', optionPort: 20_000 }]);
  t.match(
    following,
    /--device-port 21000$/,
    'the advice is a value for the option, not for the port that follows from it',
  );
});

t.test('a run has its own configuration, made from that of the demonstration', async (t) => {
  const folder = t.testdir({});
  const options = parseOptions(['--http-port', '9001', '--mqtt-port', '9002', '--device-port', '9003']);
  const paths = await writeConfiguration(root, folder, options);
  const collector = parse(readFileSync(paths.collector, 'utf8')) as unknown;
  t.match(collector, { data: join(folder, 'data'), http: { port: 9001 }, broker: { embedded: { port: 9002 } } });
  const agent = parse(readFileSync(paths.agent, 'utf8')) as { sources: { port?: number }[] };
  t.match(agent, { site: 'dc-1', broker: { url: 'mqtt://127.0.0.1:9002' }, spool: { path: join(folder, 'spool') } });
  t.same(
    agent.sources.map(({ port }) => port),
    [undefined, 9003, 9003, 9003, 9004],
  );
});

t.test('without the demonstration nothing simulated is read', async (t) => {
  const paths = await writeConfiguration(root, t.testdir({}), parseOptions(['--no-demo']));
  t.notHas(parse(readFileSync(paths.collector, 'utf8')), { sites: String });
  t.match(parse(readFileSync(paths.agent, 'utf8')), { site: 'local', sources: [{ kind: 'host' }] });
  t.notMatch(readFileSync(paths.agent, 'utf8'), /simulated: true/);
});

t.test('of a log, warnings and what is no log are shown', async (t) => {
  t.equal(severeMessage('{"level":30,"msg":"started"}'), null);
  t.equal(severeMessage('{"level":40,"time":"x","name":"agent","msg":"slow","delayMs":3}'), 'warning: slow delayMs=3');
  t.equal(severeMessage('{"level":50,"msg":"broken","err":{"message":"no"}}'), 'error: broken err=no');
  t.equal(severeMessage('agent.yaml: 1 problem'), 'agent.yaml: 1 problem');
  t.equal(severeMessage(' '), null);
});

t.test('a child: its log, its end, and its stop even against its will', async (t) => {
  const folder = t.testdir({});
  const script = (name: string, text: string): string => {
    writeFileSync(join(folder, `${name}.mjs`), text);
    return join(folder, `${name}.mjs`);
  };
  const dying = startChild(
    'dying',
    [script('dying', 'console.log("on my way"); process.exit(4)')],
    join(folder, 'a.log'),
  );
  t.equal(await dying.ended, 'exit code 4');
  t.equal(dying.tail(), 'on my way');
  t.equal(readFileSync(join(folder, 'a.log'), 'utf8'), 'on my way\n');
  const deaf = 'process.on("SIGTERM", () => console.log("no")); setInterval(() => {}, 1000); console.log("{}");';
  const stubborn = startChild('stubborn', [script('stubborn', deaf)], join(folder, 'b.log'));
  while (stubborn.tail() === '') await new Promise((resolve) => setImmediate(resolve));
  await stubborn.stop();
  t.equal(await stubborn.ended, 'signal SIGKILL');
});
