import t from 'tap';
import { Compile } from 'typebox/compile';
import type { TSchema } from 'typebox';
import { rules } from '../estimation/history.ts';
import { FakeFigures, hall, NOW_MS } from './fake-figures.ts';
import { apiOf } from './serve.ts';

interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Record<string, { schema: TSchema }> }>
  >;
}

interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
}

/** One request for every path, with the status that it gives. */
const requests: readonly (readonly [path: string, url: string])[] = [
  ['/healthz', '/healthz'],
  ['/api/v1/sites', '/api/v1/sites'],
  ['/api/v1/sites/{site}/live', '/api/v1/sites/dc-1/live'],
  ['/api/v1/sites/{site}/live', '/api/v1/sites/nope/live'],
  ['/api/v1/sites/{site}/series', '/api/v1/sites/dc-1/series'],
  ['/api/v1/sites/{site}/series', '/api/v1/sites/bs-1/series?step=P1D'],
  ['/api/v1/sites/{site}/series', '/api/v1/sites/bs-1/series?step=P2D'],
  ['/api/v1/sites/{site}/kpis', '/api/v1/sites/dc-1/kpis?period=2026'],
  ['/api/v1/sites/{site}/kpis', '/api/v1/sites/bs-1/kpis?period=2026-10-05'],
  ['/api/v1/sites/{site}/kpis', '/api/v1/sites/dc-1/kpis?period=2030'],
  ['/api/v1/sites/{site}/kpis/explain', '/api/v1/sites/dc-1/kpis/explain?period=2026-10'],
  ['/api/v1/sites/{site}/kpis/explain', '/api/v1/sites/bs-1/kpis/explain?period=2030'],
  ['/api/v1/targets', '/api/v1/targets'],
  ['/api/v1/sites/{site}/changes', '/api/v1/sites/dc-1/changes?period=2026-10-05&against=2026-10-05'],
  ['/api/v1/sites/{site}/changes', '/api/v1/sites/dc-1/changes?period=2026-10-05&against=target'],
  ['/api/v1/sites/{site}/changes', '/api/v1/sites/bs-1/changes?against=2025'],
  ['/api/v1/sites/{site}/figures', '/api/v1/sites/dc-1/figures?period=2026-10'],
  ['/api/v1/sites/{site}/figures', '/api/v1/sites/bs-1/figures'],
  ['/api/v1/sites/{site}/figures', '/api/v1/sites/dc-1/figures?period=2030'],
  ['/api/v1/sites/{site}/points', '/api/v1/sites/dc-1/points'],
  ['/api/v1/points/{site}/{point}/series', '/api/v1/points/dc-1/crac-1/series'],
  ['/api/v1/points/{site}/{point}/series', '/api/v1/points/dc-1/host-7/series?step=P1M'],
  ['/api/v1/sites/{site}/findings', '/api/v1/sites/dc-1/findings'],
  ['/api/v1/sites/{site}/findings', '/api/v1/sites/bs-1/findings?period=2026'],
  ['/api/v1/sites/{site}/corrections', '/api/v1/sites/dc-1/corrections'],
  ['/api/v1/sites/{site}/corrections/{id}', '/api/v1/sites/dc-1/corrections/1'],
  ['/api/v1/sites/{site}/corrections/{id}', '/api/v1/sites/dc-1/corrections/2'],
  ['/api/v1/agents', '/api/v1/agents'],
  ['/api/v1/mirrors', '/api/v1/mirrors'],
];

t.test('every answer is what the OpenAPI document says, no field more or less', async (t) => {
  const figures = new FakeFigures();
  const change = { kind: 'void', point: 'ups-1', from: NOW_MS - 7_200_000, to: NOW_MS - 3_600_000 } as const;
  figures.book.add({
    by: 'A. Auditor',
    reason: 'test',
    change,
    id: '1',
    siteId: hall.siteId,
    recordedMs: NOW_MS - 60_000,
  });
  const api = apiOf(t, figures);
  const document = (await api.inject('/openapi.json')).json<Document>();
  const check = async (path: string, url: string, from = api): Promise<void> => {
    const { statusCode, headers, body } = await from.inject(url);
    const responses = document.paths[path]?.get.responses ?? {};
    const { content = {} } = responses[statusCode] ?? responses['default'] ?? { description: '' };
    const type = String(headers['content-type']).replace(/; charset.*/, '');
    const validator = Compile(content[type]?.schema ?? { not: {} });
    t.ok(
      validator.Check(JSON.parse(body)),
      `${url}: ${JSON.stringify(validator.Errors(JSON.parse(body)).slice(0, 3))}`,
    );
  };
  for (const [path, url] of requests) await check(path, url);
  const isMissing = (startMs: number): boolean => startMs % 3_600_000 === 0;
  const file = { ...hall.file, estimation: rules };
  const estimating = apiOf(t, new FakeFigures({ isMissing, sites: [{ ...hall, file }] }));
  for (const [path, url] of requests.filter(([, url]) => /dc-1.*(series|kpis)/.test(url))) {
    await check(path, url, estimating);
  }
  figures.problem = 'the disk is full';
  await check('/healthz', '/healthz');
});

t.test('the OpenAPI document describes every route', async (t) => {
  const api = apiOf(t, new FakeFigures());
  const document = (await api.inject('/openapi.json')).json<Document>();
  t.equal(document.openapi, '3.1.0');
  const streams = ['/api/v1/live', '/metrics'];
  t.same(Object.keys(document.paths).sort(), [...new Set([...requests.map(([path]) => path), ...streams])].sort());
  for (const [path, { get }] of Object.entries(document.paths)) {
    t.ok(get.summary, `${path} has a summary`);
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = (get.parameters ?? []).filter((parameter) => parameter.in === 'path' && parameter.required);
    t.same(
      declared.map(({ name }) => name),
      names,
      `${path} declares its parameters`,
    );
    for (const [status, { description }] of Object.entries(get.responses)) t.ok(description, `${path} ${status}`);
    t.ok(get.responses['default']?.content?.['application/problem+json'], `${path} says how it fails`);
  }
});
