import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { requireProgram } from '../../shared/test/program.ts';
import { NOW_MS } from './fixture-data.ts';
import { type FixtureServer, startFixtureServer } from './fixture-server.ts';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
export const DESKTOP = { viewport: { width: 1280, height: 900 } };
export const PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true };

/** What a test of the page works with. */
export interface Stage {
  readonly page: Page;
  readonly server: FixtureServer;
  /** The collector's clock. */
  readonly clock: { nowMs: number };
  readonly open: (hash: string) => Promise<void>;
  /** Problems on the console that the test expects, and which are not to fail it. */
  readonly expectConsole: (pattern: RegExp) => void;
}

const folder = t.testdir();
const builder = fileURLToPath(new URL('../build.mjs', import.meta.url));
const build = await promisify(execFile)(process.execPath, [builder, folder]);
t.comment(build.stdout.trim().split('\n').at(-1));

const program = requireProgram(t, 'chromium-headless-shell');
const browser = program === null ? null : await chromium.launch({ executablePath: program, args: ARGUMENTS });
t.teardown(() => browser?.close());

/** Every test also fails on a request to another host and on anything on the console. */
export function pageTest(
  name: string,
  options: BrowserContextOptions,
  body: (t: Test, stage: Stage) => Promise<void>,
): void {
  if (browser === null) return;
  void t.test(name, async (t) => {
    const clock = { nowMs: NOW_MS };
    const server = await startFixtureServer(folder, () => clock.nowMs);
    const context = await browser.newContext({ timezoneId: 'Europe/Berlin', ...options });
    t.teardown(async () => {
      await context.close();
      await server.close();
    });
    // tsx names functions through this helper, also those that are evaluated in the page.
    await context.addInitScript('globalThis.__name = (named) => named');
    const page = await context.newPage();
    const hosts = new Set<string>();
    const problems: string[] = [];
    const expected: RegExp[] = [];
    page.on('request', (request) => hosts.add(new URL(request.url()).host));
    page.on('console', (message) => problems.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.clock.install({ time: NOW_MS });
    await body(t, {
      page,
      server,
      clock,
      open: async (hash) => {
        await page.goto(server.url + hash);
        await page.locator('h1').waitFor();
        await server.listening();
      },
      expectConsole: (pattern) => expected.push(pattern),
    });
    t.same([...hosts], [new URL(server.url).host], 'no request leaves the collector');
    const unexpected = problems.filter((problem) => !expected.some((pattern) => pattern.test(problem)));
    t.same(unexpected, [], 'nothing on the console');
  });
}

export const plain = (words: string | null) => words?.replaceAll('\u00a0', ' ') ?? null;
export const textOf = async (page: Page, selector: string) => plain(await page.locator(selector).first().textContent());
export const status = (page: Page, words: string) =>
  page.getByRole('status').filter({ hasText: words }).first().waitFor();
