import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { feedLimits } from '../../src/api/live-feed.ts';
import { FakeFigures, hall } from './fake-figures.ts';
import { apiOf, listen } from './serve.ts';

interface Event {
  readonly id: number;
  readonly name: string;
  readonly data: { readonly site: string; readonly itW: number | null };
}

/** Reads events one after the other, and counts the heartbeats between them. */
async function open(t: Test, url: URL) {
  const stop = new AbortController();
  const response = await fetch(url, { signal: stop.signal });
  t.teardown(() => stop.abort());
  const reader = (response.body as ReadableStream<BufferSource>).pipeThrough(new TextDecoderStream()).getReader();
  const stream = { response, heartbeats: 0, close: () => stop.abort(), next };
  let blocks: string[] = [];
  async function block(): Promise<string> {
    while (blocks.length < 2) {
      const { value, done } = await reader.read();
      if (done) throw new Error('the stream has ended');
      blocks = `${blocks.join('')}${value}`.split('\n\n');
    }
    return blocks.shift() ?? '';
  }
  async function next(): Promise<Event> {
    for (;;) {
      const fields = new Map((await block()).split('\n').map((line) => line.split(/: ?(.*)/s) as [string, string]));
      if (fields.has('')) stream.heartbeats++;
      const data = fields.get('data');
      if (data !== undefined)
        return { id: Number(fields.get('id')), name: fields.get('event') ?? '', data: JSON.parse(data) };
    }
  }
  return stream;
}

t.test('first every site, then every change, at once', async (t) => {
  const figures = new FakeFigures();
  const stream = await open(t, new URL('api/v1/live', await listen(t, figures)));
  t.match(stream.response.headers.get('content-type'), 'text/event-stream');
  t.equal(stream.response.headers.get('cache-control'), 'no-store');
  t.equal(stream.response.headers.get('x-content-type-options'), 'nosniff');
  const first = [await stream.next(), await stream.next()];
  t.same(
    first.map(({ name, data }) => [name, data.site]),
    [
      ['live', 'dc-1'],
      ['live', 'bs-1'],
    ],
  );
  figures.itW = 900;
  figures.announce('dc-1');
  const changed = await stream.next();
  t.match(changed, { name: 'live', data: { site: 'dc-1', itW: 900 } });
  t.ok(changed.id > (first[1]?.id ?? 0), 'ids rise');
});

t.test('one site only', async (t) => {
  const figures = new FakeFigures();
  const stream = await open(t, new URL('api/v1/live?site=bs-1', await listen(t, figures)));
  t.equal((await stream.next()).data.site, 'bs-1');
  figures.announce('dc-1');
  figures.announce('bs-1');
  t.equal((await stream.next()).data.site, 'bs-1');
});

t.test('heartbeats keep a stream open, and tell of a site that fell silent', async (t) => {
  const figures = new FakeFigures({ sites: [hall] });
  const stream = await open(
    t,
    new URL('api/v1/live', await listen(t, figures, { feed: { ...feedLimits, heartbeatMs: 20 } })),
  );
  t.equal((await stream.next()).data.itW, 1000);
  figures.itW = null;
  while ((await stream.next()).data.itW !== null);
  t.ok(stream.heartbeats > 0);
});

t.test('a client that does not read is dropped and counted; others are not held up', async (t) => {
  const figures = new FakeFigures({ sites: [hall] });
  const url = await listen(t, figures, { feed: { ...feedLimits, bufferBytes: 262_144 } });
  const stream = await open(t, new URL('api/v1/live', url));
  await stream.next();
  const lazy = connect(Number(url.port), url.hostname);
  lazy.on('error', () => {});
  lazy.write('GET /api/v1/live HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(lazy, 'readable');
  const { live } = figures;
  figures.live = (id) => ({ ...live.call(figures, id), stale: [filler] });
  // The kernel holds some megabytes before the collector has to.
  for (let count = 0; (await droppedAt(url)) === 0 && count < 1000; count++) {
    figures.announce('dc-1');
    await stream.next();
  }
  t.equal(await droppedAt(url), 1);
  await drain(lazy);
  t.ok(lazy.destroyed);
  figures.announce('dc-1');
  t.equal((await stream.next()).data.site, 'dc-1');
});

t.test('a fleet that is larger than the buffer reaches a client that reads', async (t) => {
  const sites = Array.from({ length: 3000 }, (_, index) => ({ ...hall, site: `dc-${index}` }));
  const figures = new FakeFigures({ sites });
  const url = await listen(t, figures);
  const stream = await open(t, new URL('api/v1/live', url));
  for (const _ of sites) await stream.next();
  for (const { site } of sites) figures.announce(site);
  for (const { site } of sites) if ((await stream.next()).data.site !== site) t.fail(`no event of ${site}`);
  t.equal(await droppedAt(url), 0);
});

t.test('no more clients than there is room for', async (t) => {
  const figures = new FakeFigures();
  const url = await listen(t, figures, { feed: { ...feedLimits, clients: 1 } });
  const stream = await open(t, new URL('api/v1/live', url));
  await stream.next();
  const refused = await fetch(new URL('api/v1/live', url));
  t.equal(refused.status, 503);
  t.match(await refused.json(), { code: 'too-many-clients' });
  t.match(await metric(url, 'wattmark_live_clients_refused_total'), 1);
  stream.close();
  while ((await metric(url, 'wattmark_live_clients')) > 0) await delay(5);
  await (await open(t, new URL('api/v1/live', url))).next();
});

t.test('closing ends the streams and the subscription', async (t) => {
  const figures = new FakeFigures();
  const api = apiOf(t, figures);
  const address = await api.listen({ host: '127.0.0.1', port: 0 });
  const stream = await open(t, new URL('/api/v1/live', address));
  await stream.next();
  t.equal(figures.listeners, 1);
  await api.close();
  await t.rejects(async () => {
    for (;;) await stream.next();
  });
  t.equal(figures.listeners, 0);
});

t.test('fifty clients hear of a change within a second at the 99th percentile', async (t) => {
  const figures = new FakeFigures({ sites: [hall] });
  const url = new URL('api/v1/live', await listen(t, figures));
  const streams = await Promise.all(Array.from({ length: 50 }, () => open(t, url)));
  await Promise.all(streams.map((stream) => stream.next()));
  const delaysMs: number[] = [];
  for (let burst = 0; burst < 40; burst++) {
    const beganMs = performance.now();
    figures.announce('dc-1');
    await Promise.all(
      streams.map(async (stream) => delaysMs.push((await stream.next()) && performance.now() - beganMs)),
    );
  }
  const p99Ms = delaysMs.sort((a, b) => a - b)[Math.floor(delaysMs.length * 0.99)] as number;
  t.comment(`p50 ${delaysMs[delaysMs.length >> 1]?.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`);
  t.ok(p99Ms < 1000);
});

const filler = 'x'.repeat(65_536);

async function droppedAt(url: URL): Promise<number> {
  return metric(url, 'wattmark_live_clients_dropped_total');
}

async function metric(url: URL, name: string): Promise<number> {
  const text = await (await fetch(new URL('metrics', url))).text();
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
}

async function drain(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  socket.resume();
  await once(socket, 'close');
}
