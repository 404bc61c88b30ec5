import { kpisOf, liveOf, NOW_MS, ODD_NAME } from './fixture-data.ts';
import { brokenStructure, linePixels, lowContrast } from './page-checks.ts';
import { DESKTOP, PHONE, pageTest, plain, status, textOf } from './page-stage.ts';

const HASHES = [
  '#/',
  '#/sites/dc-1',
  '#/sites/hall-south',
  '#/sites/bs-0417',
  '#/sites/edge-9',
  '#/sites/dc-1/audit?period=2026-10',
  '#/sites/bs-0417/audit',
];

pageTest('the sites with the figures of the API', DESKTOP, async (t, { page, open }) => {
  await open('#/');
  await page.getByText('Target met').first().waitFor();
  const card = (id: string) => page.locator(`article[aria-labelledby=site-${id}]`);
  const words = async (id: string) => plain(await card(id).innerText()) ?? '';
  const demo = await words('dc-1');
  t.match(demo, /instantaneous ratio\s+1\.274/);
  t.match(demo, '184.6 kW');
  t.match(demo, '144.9 kW');
  t.match(demo, /PUE today\s+1\.271\s+coverage 99\.8 %/);
  t.match(demo, 'target 1.3 · MIIT design value');
  t.match(demo, kpisOf('dc-1', 'today')?.reason ?? '');
  t.match(demo, 'contains simulated instruments');
  t.match(demo, '1 stale point');
  t.match(await words('hall-south'), 'Target missed');
  t.match(await words('bs-0417'), /SEE today\s+0\.833/);
  t.match(await words('edge-9'), 'no reading yet');
  t.equal(await card('edge-9').getByText('no data').count(), 4, 'unknown figures are read out as such');
  t.notMatch(await page.locator('main').innerText(), /live PUE/i);
});

pageTest('a name with markup in it stays text', DESKTOP, async (t, { page, open }) => {
  await open('#/');
  t.equal(await page.locator('article[aria-labelledby=site-hall-south] h2').innerText(), ODD_NAME);
  await open('#/sites/dc-1');
  await page.getByText(ODD_NAME).waitFor();
  t.equal(await page.locator('main img').count(), 0);
  t.equal(await page.title(), 'Demo hall · Wattmark');
});

pageTest('one site with the figures of the API', DESKTOP, async (t, { page, open }) => {
  await open('#/sites/dc-1');
  await page.getByRole('heading', { name: 'This year' }).getByText('2026').waitFor();
  await page.locator('.health tbody tr').first().waitFor();
  const words = plain(await page.locator('main').innerText()) ?? '';
  t.equal(await textOf(page, '[data-figure=ratio]'), '1.274');
  t.match(words, '3.76 kW below what the target allows');
  t.match(words, 'IT power is measured at the output of the PDUs (category 2).');
  t.match(words, 'IT energy is measured at the output of the UPS (category 1).');
  t.match(words, 'times in Asia/Shanghai (UTC+8)');
  t.match(words, /Cooling\s+27\.5 kW\s+14\.9 %/);
  t.match(words, /Battery\s+−350 W\s+−0\.2 %/);
  t.match(words, /1\.294\s+± 0\.015\s+interim PUE · category 2 · PUE2,DC · period still open/);
  for (const verdict of ['Target met', 'Indeterminate', 'Insufficient data']) t.match(words, verdict);
  t.match(words, /stale points\s+1: CRAC 2/);
  const row = (name: string) => page.getByRole('row').filter({ hasText: name });
  t.match(plain(await row('Utility feed A').innerText()), /92 114 503\.2 kWh/);
  t.match(await row('Utility feed A').innerText(), /simulated: sine of the day over Modbus TCP/);
  t.match(await row('Host 7').innerText(), /estimated: CPU load and model/);
  t.match(await row('crac-2').innerText(), /stale/);
  t.match(
    plain(await row('agent-2').innerText()),
    /offline\s+13:50:46, 12 min .*120\s+3\s+0\s+—\s+no data\s+−1 min 1 s/s,
  );
  t.equal(await row('bs-agent').count(), 0, 'agents of other sites are not shown');
});

pageTest('a base station is judged by its efficiency and its baseline', DESKTOP, async (t, { page, open }) => {
  await open('#/sites/bs-0417');
  await page.getByText('against reference').first().waitFor();
  const words = plain(await page.locator('main').innerText()) ?? '';
  t.match(words, /SEE\s+0\.833\s+± 0\.008/);
  t.match(words, /energy per day\s+103\.4 kWh\/d\s+reference\s+126\.4 kWh\/d\s+against reference\s+−18\.2 %/);
  t.notMatch(words, 'PUE');
  t.notMatch(words, 'IT power');
});

pageTest('a live event changes the figures without a reload', DESKTOP, async (t, { page, server, open }) => {
  await open('#/sites/dc-1');
  await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
  const live = liveOf('dc-1', NOW_MS);
  server.push({ ...live, ratio: 1.355, gapW: 7970, at: new Date(NOW_MS + 1000).toISOString() });
  await page.locator('[data-figure=ratio]').getByText('1.355').waitFor();
  await page.getByText('more than the target allows').waitFor();
  t.equal(await page.evaluate(() => Object.hasOwn(globalThis, 'isSamePage')), true);
  t.match(await textOf(page, '.connection-time'), /last update 14:03:\d\d Asia\/Shanghai \(UTC\+8\)/);
});

pageTest('the chart draws nothing in a gap, and grows', DESKTOP, async (t, { page, clock, open, expectConsole }) => {
  expectConsole(/willReadFrequently/);
  await open('#/sites/dc-1');
  const plot = page.locator('.plot');
  await plot.waitFor();
  t.match(await plot.getAttribute('aria-label'), /; 2 gaps without data$/);
  // The window is 03:04 to 06:04 UTC; its gaps are 04:23 to 04:38 (nulls) and 05:13 to 05:19 (left out).
  const share = (minute: number) => minute / 180;
  const pixels = (from: number, to: number) => page.evaluate(linePixels, [share(from), share(to)] as const);
  t.equal(await pixels(79.5, 93.5), 0, 'nulls');
  t.equal(await pixels(129.5, 134.5), 0, 'left out');
  t.ok((await pixels(60, 75)) > 50, 'a line where there is data');

  await page.getByText('Figures as a table').click();
  const rows = page.locator('details tbody tr');
  const newest = () => rows.first().locator('th').textContent();
  t.equal(await newest(), '2026-10-05 14:02–14:03');
  t.equal(await rows.filter({ hasText: 'no data' }).count(), 16, '15 nulls, and one stretch left out');
  clock.nowMs += 60_000;
  await page.clock.fastForward(60_000);
  await rows.getByText('14:03–14:04').waitFor();
  t.equal(await newest(), '2026-10-05 14:03–14:04');
});

pageTest('the zoom stays while the chart grows', DESKTOP, async (t, { page, clock, open }) => {
  await open('#/sites/dc-1');
  const over = page.locator('.u-over');
  await over.waitFor();
  const moveTo = async (share: number) => {
    await over.scrollIntoViewIfNeeded();
    const { x, y, width } = (await over.boundingBox()) ?? { x: 0, y: 0, width: 0 };
    await page.mouse.move(x + width * share, y + 50);
  };
  await moveTo(0.2);
  await page.mouse.down();
  await moveTo(0.4);
  await page.mouse.up();
  const reset = page.getByRole('button', { name: 'Whole range' });
  await reset.waitFor();
  const pointed = async () => {
    await moveTo(0.001);
    await moveTo(0.002);
    await page.locator('.readout').getByText('interval', { exact: true }).waitFor();
    return textOf(page, '.readout dd');
  };
  const before = await pointed();
  t.match(before, /2026-10-05 11:[34]\d–11:[34]\d/);
  const answered = page.waitForResponse(/series/);
  clock.nowMs += 60_000;
  await page.clock.fastForward(60_000);
  await answered;
  t.equal(await pointed(), before);
  await reset.click();
  t.match(await pointed(), /2026-10-05 11:0\d–11:0\d/);
});

pageTest('each range asks for its step', DESKTOP, async (t, { page, open }) => {
  await open('#/sites/dc-1');
  const steps = { '24 h': 'PT15M', '7 d': 'PT1H', '30 d': 'P1D', '12 months': 'P1M', '3 h': 'PT1M' };
  for (const [label, step] of Object.entries(steps)) {
    const asked = page.waitForRequest((request) => request.url().includes(`step=${step}`));
    const button = page.getByRole('button', { name: label, exact: true });
    await button.click();
    await asked;
    t.equal(await button.getAttribute('aria-pressed'), 'true', label);
    await page.locator('.plot').waitFor();
  }
});

pageTest('the stream is picked up again after a restart', DESKTOP, async (t, { page, server, open, expectConsole }) => {
  expectConsole(/ERR_INCOMPLETE_CHUNKED_ENCODING/);
  await open('#/');
  await status(page, 'live');
  await page.evaluate(() => {
    const seen: string[] = [];
    const element = document.querySelector('[role=status]');
    if (element === null) return;
    new MutationObserver(() => seen.push(element.textContent ?? '')).observe(element, {
      childList: true,
      characterData: true,
      subtree: true,
    });
    Object.assign(globalThis, { seen });
  });
  server.dropStreams();
  await server.listening();
  await page.waitForFunction(() => (globalThis as unknown as { seen: string[] }).seen.at(-1) === 'live');
  t.same(await page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen), ['reconnecting …', 'live']);
});

pageTest('a hidden page is quiet', DESKTOP, async (t, { page, server, open }) => {
  const show = (isHidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, value: hidden });
      document.dispatchEvent(new Event('visibilitychange'));
    }, isHidden);
  await open('#/sites/dc-1');
  await page.locator('.plot').waitFor();
  await page.locator('.health tbody tr').first().waitFor();
  await page.getByRole('heading', { name: 'This year' }).getByText('2026').waitFor();
  await show(true);
  await status(page, 'paused');
  const asked = server.requests.length;
  await page.clock.runFor(120_000);
  t.equal(server.requests.length, asked);
  const again = page.waitForRequest(/series/);
  await show(false);
  await again;
  await status(page, 'live');
});

pageTest('nothing there yet, and nothing that answers', DESKTOP, async (t, { page, server, open, expectConsole }) => {
  expectConsole(/503|404/);
  server.mode = 'empty';
  await open('#/');
  await page.getByText('No site yet').waitFor();
  t.match(await textOf(page, 'main'), 'npx wattmark-agent run --config agent.yaml');
  server.mode = 'normal';
  await page.clock.fastForward(5000);
  await page.getByRole('link', { name: 'Demo hall' }).waitFor();
  server.mode = 'failing';
  await page.clock.fastForward(60_000);
  await page.getByText('Not refreshed', { exact: true }).waitFor();
  t.match(await textOf(page, 'main'), 'Not ready: the store is replaying its evidence log. Shown is the last answer.');
  server.mode = 'normal';
  await page.goto(`${server.url}#/sites/nobody`);
  await page.getByText('There is no site “nobody”').waitFor();
});

pageTest('usable on a phone', PHONE, async (t, { page, open }) => {
  for (const hash of HASHES) {
    await open(hash);
    await page.locator('footer').waitFor();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    t.equal(width, 360, `${hash} does not scroll sideways`);
  }
});

for (const colorScheme of ['light', 'dark'] as const) {
  pageTest(`readable and well formed, ${colorScheme}`, { ...DESKTOP, colorScheme }, async (t, { page, open }) => {
    for (const hash of HASHES) {
      await open(hash);
      await page
        .getByText(hash === '#/' ? 'Target missed' : /(period )?still open/)
        .first()
        .waitFor();
      for (const summary of await page.locator('summary').all()) await summary.click();
      t.same(await page.evaluate(lowContrast), [], `contrast of ${hash}`);
      t.same(await page.evaluate(brokenStructure), [], `structure of ${hash}`);
    }
  });
}

pageTest('the keyboard reaches every site, and back', DESKTOP, async (t, { page, open }) => {
  await open('#/');
  await page.getByRole('link', { name: 'Demo hall' }).waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
  const visited: string[] = [];
  for (let press = 0; press < 6; press++) {
    await page.keyboard.press('Tab');
    visited.push(await focused());
  }
  t.same(visited, ['Skip to the figures', 'Wattmark', 'Demo hall', ODD_NAME, 'Base station 0417', 'Edge room 9']);
  const outline = await page.evaluate(() => {
    const link = document.activeElement;
    return link === null ? '' : getComputedStyle(link, '::after').outlineStyle;
  });
  t.equal(outline, 'solid', 'the focus is visible');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Edge room 9' }).waitFor();
  t.equal(await page.evaluate(() => document.activeElement?.id), 'main', 'the focus follows to the new view');
});
