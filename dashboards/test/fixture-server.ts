import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import type { Live, Step } from '../page/contract.ts';
import { auditAnswer, auditedKpis } from './fixture-audit.ts';
import { agentsAt, intervalsOf, itLevel, kpisOf, liveOf, pointsOf, sitesAt } from './fixture-data.ts';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** A collector's HTTP side with invented data, to develop and test the page against. */
export interface FixtureServer {
  readonly url: string;
  /** Paths asked for so far, in order. */
  readonly requests: readonly string[];
  /** What the API answers instead: the list of sites is empty, or every request fails. */
  mode: 'normal' | 'empty' | 'failing';
  /** Sends a live event to every page that listens. */
  push(live: Live): void;
  /** Resolves as soon as a page listens. */
  listening(): Promise<void>;
  /** Ends every stream, as a restarting collector does. */
  dropStreams(): void;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Serves the page that was built to `folder`; `now` is the collector's clock, in UTC ms. */
export async function startFixtureServer(folder: string, now: () => number, port = 0): Promise<FixtureServer> {
  const streams = new Set<ServerResponse>();
  const requests: string[] = [];
  const server = createServer((request, response) => void handle(request, response));
  const fixture = { mode: 'normal' as FixtureServer['mode'] };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fixture');
    requests.push(url.pathname + url.search);
    response.setHeader('content-security-policy', "default-src 'self'");
    if (url.pathname === '/api/v1/live') return stream(response);
    if (url.pathname.startsWith('/api/')) return send(response, answer(url, fixture.mode, now()));
    return sendFile(response, join(folder, url.pathname === '/' ? 'index.html' : url.pathname));
  }

  function stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 100\n\n');
    streams.add(response);
    response.on('close', () => streams.delete(response));
    server.emit('stream');
  }

  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return Object.assign(fixture, {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : port}/`,
    requests,
    push: (live: Live) => {
      for (const response of streams) response.write(`event: live\ndata: ${JSON.stringify(live)}\n\n`);
    },
    listening: async () => {
      if (streams.size === 0) await once(server, 'stream');
    },
    dropStreams: () => {
      for (const response of streams) response.end();
      streams.clear();
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

function answer(url: URL, mode: FixtureServer['mode'], nowMs: number): Answer {
  if (mode === 'failing') return problem(503, 'Not ready', 'the store is replaying its evidence log');
  const path = url.pathname.replace('/api/v1/', '');
  if (path === 'sites') return { status: 200, body: mode === 'empty' ? [] : sitesAt(nowMs) };
  if (path === 'agents') return { status: 200, body: agentsAt(nowMs) };
  const [, site = '', leaf] = /^sites\/([^/]+)\/([\w/]+)$/.exec(path) ?? [];
  if (!sitesAt(nowMs).some((known) => known.site === site)) return problem(404, 'No such site', site);
  if (leaf === 'live') return { status: 200, body: liveOf(site, nowMs) };
  if (leaf === 'points') return { status: 200, body: pointsOf(site, nowMs) };
  if (leaf === 'kpis') {
    const kpis = kpisOf(site, url.searchParams.get('period') ?? '') ?? auditedKpis(site, url.searchParams);
    return kpis === null ? problem(400, 'No such period', url.search) : { status: 200, body: kpis };
  }
  if (leaf !== 'series') {
    const body = auditAnswer(site, leaf, url.searchParams);
    return body === null ? problem(404, 'There is nothing at this address', url.pathname) : { status: 200, body };
  }
  const [from, to, step] = ['from', 'to', 'step'].map((name) => url.searchParams.get(name) ?? '');
  const intervals = intervalsOf(site, step as Step, Date.parse(from ?? ''), Date.parse(to ?? ''), nowMs);
  return { status: 200, body: { site, step, timezone: 'Asia/Shanghai', itLevel, intervals } };
}

function problem(status: number, title: string, detail: string): Answer {
  return { status, body: { type: 'about:blank', title, status, detail, code: 'fixture' } };
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const type = status === 200 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
}

async function sendFile(response: ServerResponse, path: string): Promise<void> {
  const content = await readFile(path).catch(() => null);
  if (content === null) return void response.writeHead(404).end();
  response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream' }).end(content);
}
