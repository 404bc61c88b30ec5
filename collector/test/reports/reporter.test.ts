import { gunzipSync } from 'node:zlib';
import { createLogger } from '@wattmark/shared/logger';
import { type Test, test } from 'tap';
import { requireProgram } from '../../../shared/test/program.ts';
import { CorrectionBook } from '../../src/corrections/book.ts';
import type { Correction } from '../../src/corrections/change.ts';
import { clientOf } from '../../src/influx/connect.ts';
import { parsePeriod } from '../../src/kpi/period.ts';
import { siteKpis } from '../../src/kpi/site-kpis.ts';
import { siteVerdicts } from '../../src/kpi/target-verdicts.ts';
import { verdicts } from '../../src/kpi/verdict.ts';
import type { Batch } from '../../src/mirror/batch.ts';
import { Outbox } from '../../src/mirror/outbox.ts';
import { Reporter } from '../../src/reports/reporter.ts';
import type { Site } from '../../src/site/site.ts';
import { FakeFigures, hall, NOW_MS, station } from '../api/fake-figures.ts';
import { Influxd } from '../support/influx.ts';

const log = createLogger('test', 'silent');
const MINUTE_MS = 60_000;

/** Keeps lines as they are queued. */
class Kept {
  readonly lines = { kept: [] as string[], minutes: [] as string[] };
  async append(batches: readonly Batch[]): Promise<void> {
    for (const { content, body } of batches) {
      if (content !== 'kept' && content !== 'minutes') throw new Error(`reports are lines, not ${content}`);
      this.lines[content].push(...gunzipSync(body).toString().split('\n'));
    }
  }
  /** Ids of the sites that were visited, in order. */
  visited(): string[] {
    const of = this.lines.kept.filter((line) => line.startsWith('wattmark_site_info'));
    return of.map((line) => /,site=([^ ,]+)/.exec(line)?.[1] ?? '');
  }
}

interface Reporting {
  readonly reporter: Reporter;
  readonly kept: Kept;
  readonly corrections: Correction[];
}

function reporting(figures: FakeFigures): Reporting {
  const kept = new Kept();
  const corrections: Correction[] = [];
  const outbox = new Outbox([kept]);
  const reporter = new Reporter({ figures, corrections: () => corrections, outbox, collector: 'default', log });
  return { reporter, kept, corrections };
}

async function tick(reporter: Reporter, nowMs: number): Promise<void> {
  reporter.tick(nowMs);
  await reporter.idle();
}

function sites(count: number): Site[] {
  return Array.from({ length: count }, (_, index) => ({ ...hall, siteId: 10 + index, site: `dc-${index}` }));
}

void test('every site is visited within the hour, the same number each minute', async (t) => {
  const figures = new FakeFigures({ sites: sites(120), sinceMs: NOW_MS });
  const { reporter, kept } = reporting(figures);
  for (let minute = 0; minute < 50; minute++) {
    const before = kept.visited().length;
    await tick(reporter, NOW_MS + minute * MINUTE_MS);
    t.equal(kept.visited().length - before, 3);
  }
  t.equal(new Set(kept.visited()).size, 120);
  t.equal(kept.lines.minutes.filter((line) => line.startsWith('wattmark_live')).length, 50 * 120, 'live each minute');
});

void test('a site that was corrected is visited in the next minute, with all months since', async (t) => {
  const figures = new FakeFigures({ sites: sites(120), sinceMs: NOW_MS });
  const { reporter, kept, corrections } = reporting(figures);
  await tick(reporter, NOW_MS);
  const from = Date.parse('2026-08-15T00:00:00Z');
  const change = { kind: 'structure', from } as const;
  const correction = { id: '17', siteId: 110, by: 'A. Auditor', reason: 'moved', recordedMs: NOW_MS, change };
  corrections.push(correction);
  figures.book.add(correction);
  kept.lines.kept.length = 0;
  await tick(reporter, NOW_MS + MINUTE_MS);
  t.equal(kept.visited()[0], 'dc-100');
  const months = kept.lines.kept.filter((line) => /,site=dc-100[ ,]/.test(line));
  for (const month of ['2026-08', '2026-09', '2026-10'])
    t.ok(
      months.some((line) => line.includes(`name="${month}"`)),
      month,
    );
  t.ok(months.some((line) => line.startsWith('wattmark_correction') && line.includes('description of today from')));
});

void test('a site that cannot be reported of does not keep the others from it', async (t) => {
  const figures = new FakeFigures({ sites: [hall, station], sinceMs: NOW_MS });
  const broken = figures.siteSums.bind(figures);
  figures.siteSums = async (site, ...rest) => {
    if (site === hall) throw new Error('the store is away');
    return broken(site, ...rest);
  };
  const { reporter, kept } = reporting(figures);
  await tick(reporter, NOW_MS);
  await tick(reporter, NOW_MS + MINUTE_MS);
  t.ok(kept.lines.kept.some((line) => line.startsWith('wattmark_kpi') && line.includes('site=bs-1')));
});

void test('a minute for which the one before has no time is left out and counted', async (t) => {
  const figures = new FakeFigures({ sinceMs: NOW_MS });
  const { reporter, kept } = reporting(figures);
  reporter.tick(NOW_MS);
  reporter.tick(NOW_MS + MINUTE_MS);
  await reporter.idle();
  await tick(reporter, NOW_MS + 2 * MINUTE_MS);
  const own = (): string[] => kept.lines.minutes.filter((line) => line.startsWith('wattmark_collector'));
  t.equal(own().length, 2);
  t.match(own()[1], /skipped_reports=1i/);
  await reporter.stop();
  await tick(reporter, NOW_MS + 3 * MINUTE_MS);
  t.equal(own().length, 2, 'one that was stopped reports nothing more');
});

/** Rows of an answer by their columns. */
async function select(
  t: Test,
  influxd: Influxd,
  statement: string,
  database: string,
): Promise<Record<string, unknown>[]> {
  const client = clientOf({
    version: 1,
    url: influxd.url,
    database,
    username: null,
    password: null,
    org: null,
    token: null,
  });
  const rows: Record<string, unknown>[] = [];
  for await (const { columns, values, tags } of client.query(statement, database))
    for (const row of values)
      rows.push({ ...tags, ...Object.fromEntries(columns.map((name, index) => [name, row[index]])) });
  t.ok(rows.length > 0, statement);
  return rows;
}

void test('InfluxDB takes every line, and says what the API says', async (t) => {
  const program = requireProgram(t, 'influxd');
  if (program === null) return;
  const influxd = await Influxd.start(t, program);
  const client = clientOf(await influxd.database('wattmark'));
  const figures = new FakeFigures({ sinceMs: NOW_MS - 40 * 86_400_000 });
  const book = new CorrectionBook();
  book.add({
    id: '5',
    siteId: hall.siteId,
    by: 'A. "Auditor"',
    reason: 'first line\nsecond',
    recordedMs: NOW_MS - 1,
    change: { kind: 'withdraw', correction: '4' },
  });
  figures.corrections = (site) => book.recorded(site.siteId, () => null);
  const { reporter, kept } = reporting(figures);
  for (let minute = 0; minute < 4; minute++) {
    figures.itW = minute === 1 ? null : 1000;
    await tick(reporter, NOW_MS + minute * MINUTE_MS);
  }
  t.equal(await client.write(kept.lines.kept, 'wattmark'), null);
  t.equal(await client.write(kept.lines.minutes, 'wattmark_minutes'), null);

  const [live] = await select(
    t,
    influxd,
    "SELECT * FROM wattmark_live WHERE site = 'dc-1' LIMIT 1",
    'wattmark_minutes',
  );
  t.match(live, { total_w: 1250, it_w: 1000, ratio: 1.25, gap_w: 1250 - 1.3 * 1000, stale_points: 1, time: NOW_MS });
  const agents = await select(t, influxd, 'SELECT * FROM wattmark_agent', 'wattmark_minutes');
  t.match(agents[0], { agent: 'agent-1', up: 1, seq: 42, lost: 7, lag_ms: 1000, spool_depth: 3 });
  const [own] = await select(t, influxd, 'SELECT * FROM wattmark_collector LIMIT 1', 'wattmark_minutes');
  t.match(own, {
    collector: 'default',
    healthy: 1,
    messages: 12,
    rejected: 4,
    rejected_out_of_range: 3,
    mirror_dropped: 30,
  });

  const month = parsePeriod('2026-10', hall.timezone, NOW_MS);
  const knowledge = { nowMs: NOW_MS, asOfMs: null };
  const kpis = await siteKpis(figures, hall, month, knowledge);
  const { main } = await siteVerdicts(figures, hall, kpis, knowledge);
  const where = "site = 'dc-1' AND metric = 'pue' AND period = 'month' AND time = 1790784000s";
  t.equal(month.fromMs, 1790784000_000);
  const [row] = await select(t, influxd, `SELECT * FROM wattmark_kpi WHERE ${where}`, 'wattmark');
  t.match(row, { value: kpis.pue, target: 1.3, name: '2026-10', category: 1, time: month.fromMs });
  t.equal(row?.['verdict'], main?.judgement.verdict ?? null);
  t.equal(row?.['verdict_code'], verdicts.indexOf(main?.judgement.verdict ?? 'met'));
  t.ok(Math.abs(Number(row?.['gap']) - ((kpis.pue ?? 0) - 1.3)) < 1e-12);
  const see = await select(
    t,
    influxd,
    "SELECT * FROM wattmark_kpi WHERE site = 'bs-1' AND metric = 'see' AND period = '30d'",
    'wattmark',
  );
  t.match(see[0], { value: 0.8, baseline_kwh_per_day: 125, kwh_per_day: 120 });
  const [correction] = await select(t, influxd, 'SELECT * FROM wattmark_correction', 'wattmark');
  t.match(correction, { id: '5', kind: 'withdraw', by: 'A. "Auditor"', reason: 'first line second', site: 'dc-1' });
  const info = await select(t, influxd, 'SELECT * FROM wattmark_site_info', 'wattmark');
  t.match(
    info.find(({ site }) => site === 'dc-1'),
    { name: 'Demo hall', kind: 'data-centre', target_value: 1.3, metric: 'pue', time: 0 },
  );
});
