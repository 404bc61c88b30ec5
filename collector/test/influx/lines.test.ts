import fc from 'fast-check';
import t from 'tap';
import { MINUTE_MS } from '../../src/accounting/interval.ts';
import { lineOf, pointValues, supersededLineOf, tagsOf } from '../../src/influx/lines.ts';
import { float, integer, intervals, type Measurement, text } from '../../src/influx/schema.ts';
import { pointRow, T0 } from '../store/conformance.ts';

const tags = tagsOf({ group: 'default', site: 'dc-1', point: 'utility-a' });

t.test('a row becomes one line, its fields in the order of the table', async (t) => {
  const row = { ...pointRow(7, T0, 12.5), minW: -3, maxW: 1e21 };
  t.equal(
    lineOf(intervals.pointMinute, tags, pointValues(row, T0 + 61_000), T0),
    'wattmark_point_1m,group=default,point=utility-a,site=dc-1 energy_wh=12.5,estimated_wh=0,export_wh=0,min_w=-3,' +
      'max_w=1e+21,measured_ms=60000i,estimated_ms=0i,bridged_ms=0i,recorded_ms=1772323261000i,absent=0i ' +
      '1772323200000000000',
  );
});

t.test('unknown is left out, and said', async (t) => {
  const line = lineOf(intervals.pointMinute, tags, pointValues(pointRow(7, T0, 1), T0), T0);
  t.notMatch(line, /min_w|max_w/);
  t.match(line, /,absent=3i /);
});

t.test('names however odd stay one tag and one text', async (t) => {
  const odd: Measurement = {
    name: 'm',
    database: 'kept',
    tags: ['site'],
    fields: [text('about', ''), float('a', ''), integer('b', '')],
    about: '',
  };
  t.equal(tagsOf({ site: 'a b,c=d\n"é' }), ',site=a\\ b\\,c\\=d\\ "é');
  t.equal(tagsOf({ site: 'C:\\' }), ',site=C:', 'a backslash at the end would swallow what follows');
  t.equal(tagsOf({ site: '' }), ',site=-', 'an empty tag is none');
  t.equal(lineOf(odd, '', { about: 'say "a\\b"\nc', a: null, b: 3 }, 0), 'm about="say \\"a\\\\b\\"\nc",b=3i 0');
  t.throws(() => lineOf(odd, '', { about: null }, 0), /without any value/);
  t.throws(() => lineOf(odd, '', { a: Number.NaN }, 0), /NaN/);
});

t.test('versions of an interval lie within it, each at a time of its own', async (t) => {
  const timeOf = (recordedMs: number): bigint => {
    const line = supersededLineOf(
      intervals.pointMinute,
      tags,
      pointValues(pointRow(7, T0, 1), recordedMs),
      T0,
      recordedMs,
    );
    t.match(
      line,
      new RegExp(`^wattmark_point_1m_superseded.*,recorded_ms=${recordedMs}i,absent=3i,start_ms=${T0}i \\d+$`),
    );
    return BigInt(line.slice(line.lastIndexOf(' ') + 1));
  };
  const recorded = fc.integer({ min: T0 - 86_400_000, max: T0 + 600 * 86_400_000 });
  fc.assert(
    fc.property(recorded, recorded, (one, other) => {
      const [a, b] = [timeOf(one), timeOf(other)];
      t.ok(a >= BigInt(T0) * 1_000_000n && a < BigInt(T0 + MINUTE_MS) * 1_000_000n);
      t.equal(a === b, one === other);
    }),
    { numRuns: 100 },
  );
});
