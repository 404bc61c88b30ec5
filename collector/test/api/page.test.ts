import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import t from 'tap';
import { requireProgram } from '../../../shared/test/program.ts';
import { FakeFigures } from './fake-figures.ts';
import { apiOf, listen } from './serve.ts';

t.test('the page, with what a browser may keep and what it must ask for', async (t) => {
  const page = t.testdir({
    'index.html': '<!doctype html><script src="app-1A2B3C4D.js"></script>',
    'app-1A2B3C4D.js': 'export {}',
    'favicon.svg': '<svg/>',
  });
  const api = apiOf(t, new FakeFigures(), { page });
  const index = await api.inject('/');
  t.match(index.body, 'app-1A2B3C4D');
  t.match(index.headers['content-type'], 'text/html');
  t.equal(index.headers['cache-control'], 'no-cache');
  t.match(index.headers['content-security-policy'], /default-src 'self'/);
  t.equal((await api.inject('/app-1A2B3C4D.js')).headers['cache-control'], 'public, max-age=31536000, immutable');
  t.equal((await api.inject('/favicon.svg')).headers['cache-control'], 'no-cache');
  const missing = await api.inject('/app-00000000.js');
  t.equal(missing.statusCode, 404);
  t.match(missing.json(), { code: 'not-found' });
  t.equal((await api.inject('/../serve.ts')).statusCode, 404);
  t.equal((await api.inject('/%2e%2e/serve.ts')).statusCode >= 400, true);
});

t.test('without a page, a hint', async (t) => {
  const empty = join(t.testdir(), 'page');
  mkdirSync(empty);
  for (const page of [null, empty]) {
    const response = await apiOf(t, new FakeFigures(), { page }).inject('/');
    t.equal(response.statusCode, 200);
    t.match(response.headers['content-type'], 'text/plain');
    t.match(response.body, /npm run build/);
  }
});

t.test('every answer has the security headers', async (t) => {
  const api = apiOf(t, new FakeFigures());
  for (const url of ['/', '/healthz', '/api/v1/sites', '/docs/', '/nothing', '/metrics', '/openapi.json']) {
    const { headers } = await api.inject(url);
    t.match(headers['content-security-policy'], /default-src 'self'/, url);
    t.equal(headers['x-content-type-options'], 'nosniff', url);
  }
});

t.test('the documentation works in a browser, under its policy and without the network', async (t) => {
  const executablePath = requireProgram(t, 'chromium-headless-shell');
  if (executablePath === null) return;
  const url = await listen(t, new FakeFigures());
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  t.teardown(() => browser.close());
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on(
    'request',
    (request) =>
      !request.url().startsWith(url.href) && !request.url().startsWith('data:') && complaints.push(request.url()),
  );
  await page.goto(new URL('docs', url).href);
  await page.getByRole('link', { name: '/api/v1/sites/{site}/kpis', exact: true }).waitFor();
  t.same(complaints, []);
});
