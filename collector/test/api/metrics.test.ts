import { spawnSync } from 'node:child_process';
import { createLogger } from '@wattmark/shared/logger';
import t from 'tap';
import { requireProgram } from '../../../shared/test/program.ts';
import { verdicts } from '../../src/kpi/verdict.ts';
import { RollingKpis } from '../../src/rolling-kpis.ts';
import { site } from '../site/example.ts';
import { FakeFigures, hall, NOW_MS } from './fake-figures.ts';
import { apiOf } from './serve.ts';

t.test('health, agents and sites; what is unknown has no sample', async (t) => {
  const figures = new FakeFigures();
  figures.itW = null;
  const response = await apiOf(t, figures).inject('/metrics');
  t.match(response.headers['content-type'], /^text\/plain; version=0\.0\.4/);
  const lines = response.body.split('\n');
  for (const line of [
    'wattmark_healthy 1',
    'wattmark_messages_total 12',
    'wattmark_lost_messages_total 7',
    'wattmark_evidence_bytes 4096',
    'wattmark_rejected_total{reason="out-of-range"} 3',
    'wattmark_rejected_total{reason="unknown \\"channel\\"\\n"} 1',
    'wattmark_agent_up{group="default",site="dc-1",agent="agent-1"} 1',
    'wattmark_agent_clock_skew_seconds{group="default",site="dc-1",agent="agent-1"} 0.12',
    'wattmark_site_total_watts{group="default",site="dc-1"} 1250',
    'wattmark_site_role_watts{group="default",site="dc-1",role="utility"} 1250',
    'wattmark_site_it_level_info{group="default",site="dc-1",level="ups-output"} 1',
    'wattmark_site_stale_points{group="default",site="dc-1"} 2',
    'wattmark_site_target_ratio{group="default",site="dc-1",metric="pue",target="gb-40879-grade-2-1.3"} 1.3',
    'wattmark_site_energy_joules_total{group="default",site="dc-1"} 4500000',
    'wattmark_site_paired_it_energy_joules_total{group="default",site="dc-1"} 3456000',
    'wattmark_site_paired_seconds_total{group="default",site="dc-1"} 3456',
    'wattmark_site_role_energy_joules_total{group="default",site="dc-1",role="utility"} 4500000',
    'wattmark_omitted_sites 0',
  ]) {
    t.ok(lines.includes(line), line);
  }
  t.notMatch(response.body, /^wattmark_site_(it_watts|power_ratio)\{/m);
  t.notMatch(response.body, /it_level_info\{[^}]*bs-1/, 'a station has no levels');
  t.notMatch(response.body, /agent_up\{[^}]*agent-2|role="cooling"/);
});

t.test('the last hours and days are those of the API, and are computed beforehand', async (t) => {
  const figures = new FakeFigures();
  let nowMs = NOW_MS;
  const rolling = new RollingKpis(figures, () => nowMs, createLogger('test', 'silent'));
  const api = apiOf(t, figures, { rolling });
  t.notMatch((await api.inject('/metrics')).body, /^wattmark_site_pue_ratio/m, 'not by the scrape itself');
  await rolling.refresh();
  figures.asked.length = 0;
  const { body } = await api.inject('/metrics');
  t.same(figures.asked, [], 'a scrape asks no sums');
  const query = 'from=2026-10-04T06:15:00Z&to=2026-10-05T06:15:00Z';
  const { pue, verdict } = (await api.inject(`/api/v1/sites/dc-1/kpis?${query}`)).json();
  const value = (metric: string, site: string, period = '24h') =>
    Number(
      new RegExp(`^wattmark_site_${metric}{group="default",site="${site}",period="${period}"} (.*)$`, 'm').exec(
        body,
      )?.[1],
    );
  t.equal(value('pue_ratio', 'dc-1'), pue.value);
  t.equal(value('coverage_ratio', 'dc-1'), pue.coverage);
  t.equal(value('verdict_code', 'dc-1'), verdicts.indexOf(verdict));
  t.ok(value('coverage_ratio', 'dc-1', '7d') < 0.2);
  t.equal(value('verdict_code', 'dc-1', '7d'), verdicts.indexOf('insufficient-data'));
  t.equal(value('see_ratio', 'bs-1'), 0.8);
  t.ok(Number.isNaN(value('pue_ratio', 'bs-1')));
  t.match(body, `wattmark_site_figures_timestamp_seconds{group="default",site="dc-1"} ${NOW_MS / 1000}`);
  nowMs += 900_000;
  await rolling.refresh();
  await rolling.stop();
  await rolling.refresh();
  t.match((await api.inject('/metrics')).body, `dc-1"} ${NOW_MS / 1000 + 900}`);
});

t.test('a site whose figures fail keeps those before and holds no other up', async (t) => {
  const figures = new FakeFigures();
  const rolling = new RollingKpis(figures, () => NOW_MS, createLogger('test', 'silent'));
  const sums = figures.siteSums.bind(figures);
  figures.siteSums = (of, ...rest) => (of === hall ? Promise.reject(new Error('no disk')) : sums(of, ...rest));
  await rolling.refresh();
  t.same(rolling.of('dc-1'), []);
  t.equal(rolling.of('bs-1').length, 3);
});

t.test('beyond 10,000 sites or agents the rest is left out, counted and logged once', async (t) => {
  const sites = Array.from({ length: 10_003 }, (_, siteId) => site([], { siteId, site: `s-${siteId}` }));
  const warnings: unknown[] = [];
  const log = createLogger('test', 'silent');
  log.warn = ((about: unknown) => void warnings.push(about)) as typeof log.warn;
  const api = apiOf(t, new FakeFigures({ sites }), { log });
  const bodies = await Promise.all([api.inject('/metrics'), api.inject('/metrics'), api.inject('/healthz')]);
  t.match(bodies[1]?.body, /^wattmark_omitted_sites 3$/m);
  t.equal(bodies[0]?.body.match(/^wattmark_site_info/gm)?.length, 10_000);
  await api.inject('/metrics');
  t.match(warnings, [{ omitted: { sites: 3, agents: 0 } }]);
});

t.test('Prometheus finds nothing wrong with the text', async (t) => {
  const promtool = requireProgram(t, 'promtool');
  if (promtool === null) return;
  const figures = new FakeFigures();
  const rolling = new RollingKpis(figures, () => NOW_MS, createLogger('test', 'silent'));
  await rolling.refresh();
  const { body } = await apiOf(t, figures, { rolling }).inject('/metrics');
  const { status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], { input: body, encoding: 'utf8' });
  const ours = `${stdout}${stderr}`
    .split('\n')
    .filter((line) => line.startsWith('wattmark_') || line.startsWith('error'));
  t.same(ours, []);
  t.ok(
    status === 0 || status === 3,
    `status ${status}: 0 is clean, 3 is advice about names, which only the process's own may need`,
  );
});
