import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { freePort } from '../../shared/test/free-port.ts';
import { requireProgram } from '../../shared/test/program.ts';
import { judgeBroker } from '../src/commissioning/broker.ts';
import { judgeCollector } from '../src/commissioning/clock-skew.ts';
import type { AgentConfig, BrokerConfig } from '../src/config.ts';
import { FakeClock } from './support/fake-clock.ts';
import { Mosquitto } from './support/mosquitto.ts';
import { realClock } from './support/real-clock.ts';
import { scratch } from './support/scratch.ts';

const config = (broker: BrokerConfig): AgentConfig => ({
  agent: 'a',
  site: 's',
  group: 'g',
  broker,
  spool: { directory: '/nonexistent', maxBytes: 0, maxAgeMs: 0 },
  logLevel: 'silent',
  directory: '/nonexistent',
  sources: [],
});

t.test('the broker: reached, refused, not there, and what to do', async (t) => {
  const url = `mqtt://127.0.0.1:${await freePort()}`;
  t.match(await judgeBroker(config({ url }), realClock), [
    {
      code: 'broker',
      severity: 'error',
      message: /^no connection to mqtt:.*ECONNREFUSED/,
      remedy: /is the broker started/,
    },
  ]);
  t.match(await judgeBroker(config({ url: 'mqtt://nowhere.invalid' }), realClock), [
    { remedy: /no host of that name/ },
  ]);
  const program = requireProgram(t, 'mosquitto');
  const passwords = requireProgram(t, 'mosquitto_passwd');
  if (program === null || passwords === null) return;
  const directory = scratch(t);
  const file = join(directory, 'passwd');
  execFileSync(passwords, ['-b', '-c', file, 'a', 'right'], { stdio: 'ignore' });
  const lines = ['allow_anonymous false', `password_file ${file}`, 'user root'];
  const broker = new Mosquitto(program, await freePort(), directory, lines);
  await broker.start();
  t.teardown(() => broker.kill());
  t.same(await judgeBroker(config({ url: broker.url, username: 'a', password: 'right' }), realClock), []);
  const [finding] = await judgeBroker(config({ url: broker.url, username: 'a', password: 'wrong' }), realClock);
  t.match(finding, { message: /not authorized/i, remedy: /broker\.username/ });
  t.notMatch(JSON.stringify(finding), 'wrong', 'no secrets');
});

async function serve(t: Test, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

t.test('the collector: its clock, its health, and one that is not there', async (t) => {
  const healthy = await serve(t, (_, response) => response.end('{"status":"ok"}'));
  t.same(await judgeCollector(`${healthy}/`, realClock), []);
  const ahead = new FakeClock(Date.now() + 400_000);
  t.match(await judgeCollector(healthy, ahead), [{ code: 'clock-skew', severity: 'error' }]);
  const ill = await serve(t, (_, response) => response.writeHead(503).end('the log is full'));
  t.match(await judgeCollector(ill, realClock), [
    { code: 'collector', severity: 'warning', message: 'answers 503: the log is full' },
  ]);
  const nobody = `http://127.0.0.1:${await freePort()}`;
  t.match(await judgeCollector(nobody, realClock), [
    { code: 'collector', message: /ECONNREFUSED/, remedy: /http\.host/ },
  ]);
});
