import fc from 'fast-check';
import t from 'tap';
import { freePort } from '../../../shared/test/free-port.ts';
import { requireProgram } from '../../../shared/test/program.ts';
import { nameOf, parseExposition, type Series } from '../../src/sources/prometheus/exposition.ts';
import { start } from './process.ts';

const all = () => true;
const parse = (text: string, dialect: 'prometheus' | 'openmetrics' = 'prometheus') =>
  parseExposition(text, dialect, all);

const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
const value = fc.double();
const series = fc.record({
  metric: fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,12}$/),
  labels: fc.dictionary(name, fc.string({ unit: 'grapheme', maxLength: 12 }), { maxKeys: 3, noNullPrototype: true }),
  value,
  at: fc.option(fc.integer({ min: 0, max: 4e12 })),
});

const numbers: Readonly<Record<string, string>> = { Infinity: '+Inf', '-Infinity': '-Inf' };
const write = ({ metric, labels, value, at }: Series, blank: string, end: string) => {
  const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
  const set = pairs.length === 0 ? '' : `{${pairs.join(`,${blank}`)}${end}}`;
  return `${metric}${set} ${numbers[String(value)] ?? String(value)}${at === null ? '' : `${blank} ${at}`}`;
};

t.test('what was written is read, whatever the labels are', async (t) => {
  const blanks = fc.constantFrom('', ' ', '\t');
  fc.assert(
    fc.property(
      fc.array(series, { minLength: 1, maxLength: 5 }),
      blanks,
      fc.constantFrom('', ','),
      (list, blank, end) => {
        const lines = list.map((one) => write(one, blank, end));
        const exposition = parse(`# HELP a # b {c="d"} 1\n# TYPE a counter\n\n${lines.join('\n')}\n`);
        t.same(exposition.problems, []);
        t.same(exposition.series, list);
      },
    ),
    { numRuns: 300 },
  );
});

t.test('any text is an exposition, or is said not to be one', async () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      try {
        return Array.isArray(parse(text).series);
      } catch (error) {
        return (error as Error).message === 'it is no exposition of metrics';
      }
    }),
  );
});

t.test('the examples of the two formats', async (t) => {
  const text = [
    '# TYPE http_requests_total counter',
    'http_requests_total{method="post",code="200"} 1027 1395066363000',
    'msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9',
    'metric_without_timestamp_and_labels 12.47',
    'something_weird{problem="division by zero"} +Inf -3982045',
    'rpc_duration_seconds{quantile="0.01",} 3102',
  ].join('\n');
  t.same(parse(text).series, [
    { metric: 'http_requests_total', labels: { method: 'post', code: '200' }, value: 1027, at: 1_395_066_363_000 },
    {
      metric: 'msdos_file_access_time_seconds',
      labels: { path: 'C:\\DIR\\FILE.TXT', error: 'Cannot find file:\n"FILE.TXT"' },
      value: 1_458_255_915,
      at: null,
    },
    { metric: 'metric_without_timestamp_and_labels', labels: {}, value: 12.47, at: null },
    { metric: 'something_weird', labels: { problem: 'division by zero' }, value: Infinity, at: -3_982_045 },
    { metric: 'rpc_duration_seconds', labels: { quantile: '0.01' }, value: 3102, at: null },
  ]);
  const open = parse(
    '# TYPE foo counter\nfoo_total 17.0 1520879607.789 # {trace_id="KOO5S4vxi0o"} 0.67\n# EOF\n',
    'openmetrics',
  );
  t.same(open.series, [{ metric: 'foo_total', labels: {}, value: 17, at: 1_520_879_607_789 }]);
  t.equal(open.typeOf('foo_total'), 'counter');
});

t.test('a broken line is named and costs no other; what nobody wants is not looked at', async (t) => {
  const text = 'a{b="c} 1\na{b=c} 1\na 1 2 3\na x\na 1 NaN\na 5\nother{';
  const exposition = parseExposition(text, 'prometheus', (metric) => metric === 'a');
  t.same(exposition.series, [{ metric: 'a', labels: {}, value: 5, at: null }]);
  t.same(
    exposition.problems,
    [1, 2, 3, 4, 5].map((line) => `line ${line} about a cannot be read`),
  );
  t.throws(() => parse('<html><body>404</body></html>'), /no exposition/);
  t.same(parse('').series, [], 'an exporter with nothing to say');
});

t.test('every line of a real exporter', async (t) => {
  const program = requireProgram(t, 'prometheus-node-exporter');
  if (program === null) return;
  const port = await freePort();
  const exporter = await start(program, [`--web.listen-address=127.0.0.1:${port}`], /msg="Listening on"|address=127/);
  t.teardown(() => exporter.stop());
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const exposition = parse(text);
  t.ok(lines.length > 300, `${lines.length} lines`);
  t.same(exposition.problems, []);
  t.equal(exposition.series.length, lines.length);
  const mismatches = exposition.series.filter((one, index) => {
    const line = lines[index] ?? '';
    const at = line.lastIndexOf(' ');
    return nameOf(one) !== line.slice(0, at) || (one.value !== Number(line.slice(at)) && !/NaN|Inf/.test(line));
  });
  t.same(mismatches, []);
  t.equal(exposition.typeOf('node_cpu_seconds_total'), 'counter');
});
