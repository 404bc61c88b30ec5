import { ODD_NAME } from './fixture-data.ts';
import { brokenStructure } from './page-checks.ts';
import { DESKTOP, pageTest, plain, textOf } from './page-stage.ts';

const AUDIT = '#/sites/dc-1/audit?period=2026-10';

pageTest('the audit view shows a period with all that is behind it', DESKTOP, async (t, { page, open }) => {
  await open(AUDIT);
  await page.getByText('CT ratio was 200:5').waitFor();
  await page.getByRole('region', { name: 'Points that count' }).waitFor();
  const words = plain(await page.locator('main').innerText()) ?? '';
  t.equal(await textOf(page, '[data-figure=audited]'), '1.294');
  t.match(words, /iPUE\s+1\.294\s+± 0\.015/);
  t.match(words, '2026-10, Asia/Shanghai (UTC+8) · still open · as known when it was read, 2026-10-05 14:03:20');
  t.match(words, /category\s+2\s+ups-output: the only level that is measured/);
  t.match(words, 'EN 50600-4-2:2016');
  t.match(words, /Design value dPUE 1\.280 at 80 % of the designed IT load, from: design report/);
  t.match(words, 'PUE = total 20 300.0 kWh ÷ IT 15 687.8 kWh = 1.294');
  const row = (name: string) => page.getByRole('row').filter({ hasText: name });
  t.match(plain(await row('decision of the board').innerText()), /PUE ≤ 1\.25\s+Target missed/);
  const utility = plain(await row('Utility feed A').first().innerText());
  t.match(utility, /20 311\.4 kWh\s+1\s+20 311\.4 kWh\s+396 000 s\s+4 d 14 h\s+1 800 s\s+30 min\s+0 s\s+515 s/);
  t.match(
    utility,
    /0\.5S\s+meter 0\.5 %\s+transformer 0\.5 %\s+0\.0106\s+bridged, transformer class assumed\s+record 118/,
  );
  t.match(plain(await row('Diesel tank').innerText()), /2\.500 L\s+9900\s+24\.8 kWh/);
  t.match(words, /source energy: from memory\s+diesel: 9900 Wh\/L × 0\.3 \(a fact sheet\)/);
  t.match(words, 'constant power: −1 200.0 kWh');
  t.match(words, /Total, behind virtual points\s+Feed B/);
  t.match(words, 'Part Hall 2: pPUE 1.200 ± 0.015, pPUE1,MC, coverage 99.8 %');
  t.match(words, 'pPUE of Hall 2 = total 1 200.0 kWh ÷ IT 1 000.0 kWh = 1.200');
  t.match(words, /1 error, 1 notice/);
  t.match(words, /2026-10-02 12:00–13:00, Asia\/Shanghai \(UTC\+8\)/);
  t.match(words, 'Acknowledged by A. Auditor on 2026-10-03: meter replaced');
  t.match(words, 'withdrawn by record 122');
  t.equal(await page.getByText('touches this period').count(), 1);
  t.match(words, /Carbon usage effectiveness CUE\s+0\.735 kg CO₂e\/kWh/);
  t.match(words, 'No value: no point has the role water.');
  t.equal(await page.locator('main img').count(), 0, `${ODD_NAME} stays text`);
});

pageTest('why it changed, drawn and in figures', DESKTOP, async (t, { page, open }) => {
  await open(AUDIT);
  const table = page.getByRole('region', { name: 'PUE, step by step' });
  await table.nth(1).waitFor();
  const before = plain(await table.first().innerText());
  t.match(before, /IT load\s+\+0\.050\s+784\.4 kWh\s+470\.6 CNY\s+0\.416 t/);
  t.match(before, /Cooling\s+−0\.018/);
  const steps = table.first().locator('.step');
  t.equal(await steps.count(), 2);
  const [up, down] = [await steps.first().boundingBox(), await steps.last().boundingBox()];
  t.ok(
    Math.abs((up?.x ?? 0) + (up?.width ?? 0) - ((down?.x ?? 0) + (down?.width ?? 0))) < 1,
    'one ends where the other begins',
  );
  t.ok((up?.width ?? 0) > 2.5 * (down?.width ?? 0), 'as wide as it weighs');
  t.match(plain(await table.nth(1).innerText()), /Adds to PUE.*the load itself\s+1\.000\s+Cooling\s+\+0\.190/s);
  const asked = page.waitForRequest(/changes\?period=2026-10&against=2025-10/);
  await page.getByRole('button', { name: 'Same month a year before' }).click();
  await asked;
});

pageTest('another period and another state of knowledge', DESKTOP, async (t, { page, server, open }) => {
  await open(AUDIT);
  await page.getByText('1.294').first().waitFor();
  await page.getByLabel('Month', { exact: true }).selectOption('09');
  await page.getByText(/as known when it was read/).waitFor();
  t.match(page.url(), /audit\?period=2026-09$/);
  await page.getByRole('button', { name: 'later ›' }).click();
  t.match(page.url(), /audit\?period=2026-10$/);
  t.ok(await page.getByRole('button', { name: 'later ›' }).isDisabled(), 'nothing is known of the future');
  await page.getByLabel('As known at', { exact: true }).fill('2026-10-03T09:00');
  await page.getByRole('button', { name: 'Show as known then' }).click();
  await page.getByText('1.311').first().waitFor();
  t.match(await textOf(page, 'main'), 'as known at 2026-10-03 09:00:00');
  await page.getByText('Nothing was corrected').waitFor();
  const asked = ['kpis', 'kpis/explain', 'figures', 'findings', 'changes'].map((leaf) => `sites/dc-1/${leaf}?`);
  const asOf = 'asOf=2026-10-03T01%3A00%3A00.000Z';
  for (const path of asked)
    t.ok(
      server.requests.some((request) => request.includes(path) && request.includes(asOf)),
      path,
    );
  await page.getByRole('button', { name: 'As known now' }).click();
  await page.getByText('CT ratio was 200:5').waitFor();
  await page.getByLabel('From', { exact: true }).fill('2026-10-01T00:00');
  await page.getByLabel('To', { exact: true }).fill('2026-10-02T00:00');
  const span = page.waitForRequest(/kpis\?from=2026-09-30T16%3A00%3A00\.000Z&to=2026-10-01T16%3A00%3A00\.000Z$/);
  await page.getByRole('button', { name: 'Show span' }).click();
  await span;
});

pageTest(
  'what a collector does not have is said, and takes nothing with it',
  DESKTOP,
  async (t, { page, open, expectConsole }) => {
    expectConsole(/404/);
    await open('#/sites/hall-south/audit?period=2026-10');
    await page.getByText('Not available').nth(5).waitFor();
    t.equal(await textOf(page, '[data-figure=audited]'), '1.408');
    t.same(await page.evaluate(brokenStructure), []);
  },
);

pageTest('a correction opens to before and after', DESKTOP, async (t, { page, open }) => {
  await open(AUDIT);
  const entry = page.locator('.entry').filter({ hasText: 'record 118' });
  await entry.getByText('Before and after').click();
  await entry.getByRole('region', { name: 'Before and after' }).waitFor();
  const words = plain(await entry.innerText());
  t.match(words, /factor\s+utility-a\s+record 118/);
  t.match(words, 'A. Auditor, 2026-10-03 10:00:00 Asia/Shanghai (UTC+8)');
  t.match(words, 'from 2026-10-01 08:00:00, factor 2');
  t.match(words, /utility-a\s+5 000\.0 kWh\s+10 000\.0 kWh/);
  t.match(words, /utility-a, fed back\s+0\.0 kWh\s+12\.0 kWh/);
  t.match(words, /PUE\s+0\.649\s+1\.299/);
});

pageTest('with the keyboard alone, and on paper', DESKTOP, async (t, { page, open }) => {
  await open('#/sites/dc-1');
  await page.getByRole('link', { name: 'Audit', exact: true }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'Points that count' }).waitFor();
  t.equal(await page.evaluate(() => document.activeElement?.id), 'main', 'the focus follows to the new view');
  const visited: string[] = [];
  for (let press = 0; press < 7; press++) {
    await page.keyboard.press('Tab');
    visited.push(
      await page.evaluate(
        () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '',
      ),
    );
  }
  t.same(visited.slice(0, 6), ['Sites', 'Overview', 'Audit', 'Year', 'Month', '‹ earlier']);
  await page.getByRole('button', { name: 'Open everything' }).focus();
  await page.keyboard.press('Enter');
  t.equal(await page.locator('details:not([open])').count(), 0);
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  t.notOk(await page.getByLabel('Year').isVisible(), 'what is chosen with is not printed');
  t.equal(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor), 'rgb(255, 255, 255)');
  const clipped = await page
    .locator('.scroller')
    .evaluateAll((all) => all.filter((one) => getComputedStyle(one).overflowX !== 'visible').length);
  t.equal(clipped, 0, 'no table is cut off');
});
