import t from 'tap';
import { TapReport } from '../tap/report.mjs';

const passing = ['# Subtest: a.test.ts', '    ok 1 - x', '    1..1', 'ok 1 - a.test.ts # time=7.1ms'];
const failing = [
  '# Subtest: b.test.ts',
  '    not ok 1 - one is two',
  '      ---',
  'not ok 2 - b.test.ts # time=50.0ms',
];
const killed = [
  '# Subtest: c.test.ts',
  '    ok 1 - x',
  'not ok 3 - c.test.ts # time=9.9ms',
  '  ---',
  '  signal: SIGKILL',
  '  ...',
];
const skipping = [
  '# Subtest: d.test.ts',
  '    # Subtest: needs a broker',
  '        ok 1 - mosquitto is not installed # SKIP',
  '    ok 1 - needs a broker # time=6.3ms',
  '    ok 2 - slow # SKIP not today',
  'ok 4 - d.test.ts # time=8ms',
];

t.test('a good run', async (t) => {
  const { shown, totals } = read([...passing, '# { total: 1, pass: 1 }'], 0);
  t.same(shown, ['ok     a.test.ts  7.1ms']);
  t.same(totals, { passed: 1, failed: 0, skipped: 0, skips: [] });
});

t.test('a failure is shown with all that the file said', async (t) => {
  const { shown, totals } = read([...passing, ...failing, '# { total: 2, pass: 1, fail: 1 }'], 1);
  t.equal(totals.failed, 1);
  t.ok(shown.includes('    not ok 1 - one is two'));
  t.ok(shown.includes('FAILED b.test.ts  50.0ms'));
});

t.test('a file that a signal ended counts as failed, which the summary does not say', async (t) => {
  const { shown, totals } = read([...killed, ...passing, '# { total: 2, pass: 2 }'], 1);
  t.match(totals, { passed: 2, failed: 1 });
  t.ok(shown.includes('  signal: SIGKILL'));
  t.equal(shown.at(-1), 'ok     a.test.ts  7.1ms');
  t.match(read([...failing, ...killed, '# { total: 2, pass: 1, fail: 1 }'], 1).totals, { failed: 2 });
});

t.test('skips are named with their reasons', async (t) => {
  const { totals } = read([...skipping, '# { total: 2, skip: 2 }'], 0);
  t.equal(totals.skipped, 2);
  t.same(totals.skips, ['d.test.ts: mosquitto is not installed', 'd.test.ts: slow: not today']);
});

t.test('no summary, no test, and an exit status without a failure are failures', async (t) => {
  t.equal(read(passing, 0).totals.failed, 1);
  t.equal(read([], 0).totals.failed, 1);
  t.equal(read(['# { total: 0 }'], 0).totals.failed, 1);
  t.equal(read([...passing, '# { total: 1, pass: 1 }'], 1).totals.failed, 1);
  t.equal(read([...passing, '# { total: 1, pass: 1 }'], null).totals.failed, 1);
});

function read(lines: readonly string[], exitCode: number | null) {
  const report = new TapReport();
  return { shown: lines.flatMap((line) => report.read(line)), totals: report.totals(exitCode) };
}
