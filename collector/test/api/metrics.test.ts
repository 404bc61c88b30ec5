import { spawnSync } from 'node:child_process';
import t from 'tap';
import { requireProgram } from '../../../shared/test/program.ts';
import { FakeFigures } from './fake-figures.ts';
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
    'wattmark_site_stale_points{group="default",site="dc-1"} 2',
  ]) {
    t.ok(lines.includes(line), line);
  }
  t.notMatch(response.body, /^wattmark_site_(it_watts|power_ratio)\{/m);
  t.notMatch(response.body, /agent_up\{[^}]*agent-2|role="cooling"/);
});

t.test('Prometheus finds nothing wrong with the text', async (t) => {
  const promtool = requireProgram(t, 'promtool');
  if (promtool === null) return;
  const { body } = await apiOf(t, new FakeFigures()).inject('/metrics');
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
