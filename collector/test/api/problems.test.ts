import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { problems } from '../../src/api/problems.ts';
import { FakeFigures } from './fake-figures.ts';
import { apiOf, listen } from './serve.ts';

const cases: readonly (readonly [url: string, code: keyof typeof problems, detail: RegExp])[] = [
  ['/api/v1/sites/nope/live', 'unknown-site', /no site nope; \/api\/v1\/sites lists/],
  ['/api/v1/sites/nope/kpis', 'unknown-site', /nope/],
  ['/api/v1/live?site=nope', 'unknown-site', /nope/],
  ['/api/v1/points/dc-1/nope/series', 'unknown-point', /\/api\/v1\/sites\/dc-1\/points lists/],
  ['/api/v2/sites', 'not-found', /GET \/api\/v2\/sites/],
  ['/api/v1/sites/dc-1/series?step=PT5M', 'invalid-request', /step must be one of PT1M, PT15M/],
  [
    '/api/v1/sites/dc-1/series?step=PT5M&since=1&till=2',
    'invalid-request',
    /since; unknown parameter till; step must be/,
  ],
  ['/api/v1/sites/dc-1/series?from=a&from=b', 'invalid-request', /from must be given once/],
  ['/api/v1/sites/dc-1/series?from=yesterday', 'invalid-period', /from must be an instant such as 2026/],
  ['/api/v1/sites/dc-1/series?asOf=2026', 'invalid-period', /asOf must be an instant/],
  ['/api/v1/sites/dc-1/series?from=2026-10-05T08:00:00Z&to=2026-10-05T07:00:00Z', 'invalid-period', /to must be later/],
  ['/api/v1/sites/dc-1/series?from=2026-01-01T00:00:00Z', 'range-too-large', /2880 intervals of PT1M: use step=P1D/],
  ['/api/v1/points/dc-1/ups-1/series?from=2026-01-01T00:00:00Z', 'range-too-large', /use step=P1D/],
  ['/api/v1/sites/dc-1/kpis?period=2026-13', 'invalid-period', /2026-13 is not in the calendar/],
  ['/api/v1/sites/dc-1/kpis?period=2026&from=2026-01-01T00:00:00Z', 'invalid-request', /either period, or from and to/],
  ['/api/v1/sites/dc-1/kpis?from=2026-01-01T00:00:00Z', 'invalid-request', /from and to are required together/],
  [
    '/api/v1/sites/dc-1/kpis?from=2026-01-01T00:01:00Z&to=2026-01-02T00:00:00Z',
    'invalid-period',
    /from must be on a quarter-hour/,
  ],
  ['/api/v1/sites/%zz/live', 'invalid-request', /not a valid url/],
  [`/api/v1/sites/dc-1/series?from=${'1'.repeat(3000)}`, 'url-too-long', /2048/],
];

t.test('every failure is a problem with a stable code and says what to do', async (t) => {
  const api = apiOf(t, new FakeFigures());
  for (const [url, code, detail] of cases) {
    const response = await api.inject(url);
    const { status, title } = problems[code];
    const name = url.slice(0, 80);
    t.equal(response.statusCode, status, name);
    t.match(response.headers['content-type'], 'application/problem+json', name);
    t.match(response.json(), { type: `urn:wattmark:problem:${code}`, title, status, detail, code }, name);
    t.equal(response.headers['cache-control'], 'no-store');
  }
});

t.test('what goes wrong inside is not told', async (t) => {
  const figures = new FakeFigures();
  figures.agents = () => {
    throw new Error('secret: /var/lib/store.duckdb');
  };
  const response = await apiOf(t, figures).inject('/api/v1/agents');
  t.equal(response.statusCode, 500);
  t.match(response.json(), { code: 'internal', status: 500 });
  t.notMatch(response.body, /secret|store|at /);
});

t.test('only GET, and no bodies', async (t) => {
  const api = apiOf(t, new FakeFigures());
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'] as const) {
    const send = async (size: number): Promise<unknown> =>
      (await api.inject({ method, url: '/api/v1/sites', payload: { big: 'x'.repeat(size) } })).json().code;
    t.equal(await send(1), 'not-found', method);
    t.equal(await send(5000), 'body-too-large', method);
  }
  const head = await api.inject({ method: 'HEAD', url: '/healthz' });
  t.equal(head.statusCode, 200);
});

t.test('a request that is not HTTP does no harm', async (t) => {
  const url = await listen(t, new FakeFigures());
  const socket = connect(Number(url.port), url.hostname);
  socket.end(`GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`);
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'close');
  t.equal((await fetch(new URL('healthz', url))).status, 200);
});
