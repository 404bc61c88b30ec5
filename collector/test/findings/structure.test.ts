import t from 'tap';
import type { EstimationMethod } from '../../src/estimation/settings.ts';
import { emptySiteFile } from '../../src/site/site-file.ts';
import { point } from '../site/example.ts';
import { find, kindsOf, only } from './example.ts';

const exact = { accuracyClass: '0.5S' } as const;

t.test('feeds in a circle are one error', async (t) => {
  const points = [
    point(1, 'ups', { point: 'a', feeds: ['b'] }),
    point(2, 'pdu', { point: 'b', feeds: ['c'] }),
    point(3, 'pdu', { point: 'c', feeds: ['a', 'd'] }),
    point(4, 'it', { point: 'd' }),
  ];
  const found = only({ points }, 'feeds-cycle');
  t.same([found.severity, found.points, found.span, found.id], ['error', ['a', 'b', 'c'], null, 'feeds-cycle/a']);
  t.match(
    find({ points: [point(1, 'ups', { point: 'a', feeds: ['a'] })] })[0]?.explanation,
    /^a feeds itself\. Correct feeds/,
  );
});

t.test('a circle changes nothing about the other checks', async (t) => {
  const points = [point(1, 'it', { point: 'a', feeds: ['b'] }), point(2, 'it', { point: 'b', feeds: ['a'] })];
  t.same(kindsOf({ points, energies: { 1: 100, 2: 100 } }), ['counted-twice', 'counted-twice', 'feeds-cycle']);
});

t.test('IT that is counted nowhere, or not at every level that may be taken', async (t) => {
  const ups = point(1, 'it', { point: 'ups', level: 'ups-output', feeds: ['rack-1'] });
  const rack = (id: number) => point(id, 'it', { point: `rack-${id - 1}`, level: 'equipment-input' });
  const main = point(9, 'utility', { point: 'main', feeds: ['ups', 'rack-2'] });
  const past = only({ points: [main, ups, rack(2), rack(3)] }, 'it-uncounted');
  t.same([past.severity, past.points, past.id], ['warning', ['rack-2'], 'it-uncounted/rack-2']);
  t.match(
    past.explanation,
    /^rack-2 \(equipment-input\) is fed by no IT point at ups-output: .* left out\. Give the point/,
  );
  t.same(kindsOf({ points: [ups, rack(2), rack(3)] }), [], 'nobody said what feeds it');
  const bare = { ...rack(3), level: null };
  t.match(only({ points: [ups, rack(2), bare] }, 'it-uncounted').explanation, /^rack-2 counts as IT and has no level/);
  t.same(kindsOf({ points: [bare] }), [], 'no point has a level');
  const deeper = { points: [main, ups, rack(2), rack(3)], itLevel: 'pdu-output' } as const;
  t.match(only(deeper, 'it-uncounted').explanation, /takes IT at pdu-output, and no IT point has that level/);
  t.same(kindsOf({ points: [{ ...ups, feeds: [] }, bare], kind: 'base-station' }), []);
});

t.test('feeds that lead nowhere, or towards the supply', async (t) => {
  const found = only({ points: [point(1, 'utility', { point: 'main', feeds: ['nope', 'gone'] })] }, 'feeds-unknown');
  t.same([found.severity, found.points], ['warning', ['main', 'nope', 'gone']]);
  const points = [
    point(1, 'it', { point: 'srv', level: 'equipment-input', feeds: ['ups'] }),
    point(2, 'it', { point: 'ups', level: 'ups-output' }),
  ];
  t.match(
    only({ points }, 'feeds-upward').explanation,
    /srv \(equipment-input\) feeds ups \(ups-output\), which is nearer/,
  );
});

t.test('an alternate that can fill nothing', async (t) => {
  const points = [
    point(1, 'it', { point: 'a' }),
    point(2, 'it', { point: 'b' }),
    point(null, 'it', { point: 'unread' }),
  ];
  const found = (alternate: string, methods: EstimationMethod[] = ['alternate']) => {
    const estimation = { methods, linearMaxMinutes: 60, historyWeeks: 3 };
    const file = {
      ...emptySiteFile({ site: 'dc-1', group: 'default' }),
      points: [{ point: 'a', alternate }],
      estimation,
    };
    return find({ points, file });
  };
  t.same(found('b'), []);
  t.match(found('nobody'), [{ kind: 'alternate-without-effect', severity: 'warning', points: ['a', 'nobody'] }]);
  t.match(found('nobody')[0]?.explanation, /^Gaps of a are to be filled by nobody, which the site does not have: it/);
  t.match(
    found('unread')[0]?.explanation,
    /by unread, of which there has never been a reading: it fills nothing\. Cor/,
  );
  t.match(found('b', ['linear'])[0]?.explanation, /by b, but estimation\.methods of the site file does not have/);
});

t.test('a tree that is in order', async (t) => {
  const points = [
    point(1, 'utility', { ...exact, point: 'main', feeds: ['ups', 'crac'] }),
    point(2, 'it', { ...exact, point: 'ups', level: 'ups-output', feeds: ['pdu'] }),
    point(3, 'it', { ...exact, point: 'pdu', level: 'pdu-output', feeds: ['srv'] }),
    point(4, 'it', { ...exact, point: 'srv', level: 'equipment-input' }),
    point(5, 'cooling', { ...exact, point: 'crac' }),
  ];
  t.same(find({ points, energies: { 1: 1300, 2: 1000, 3: 980, 4: 970, 5: 250 } }), []);
});

t.test('a host counted under its PDU and by itself', async (t) => {
  const points = [
    point(1, 'it', { ...exact, point: 'pdu', feeds: ['strip'] }),
    point(2, null, { ...exact, point: 'strip', feeds: ['host'] }),
    point(3, 'it', { ...exact, point: 'host' }),
  ];
  const found = only({ points, energies: { 1: 1000, 2: 990, 3: 500 } }, 'counted-twice');
  t.same([found.severity, found.points], ['error', ['host', 'pdu']]);
  t.match(
    found.explanation,
    /host is fed by pdu, and all of them count in the IT energy: its energy \(12 kWh in the period\)/,
  );
  const levels = points.map((one) => ({
    ...one,
    level: one.point === 'host' ? ('equipment-input' as const) : ('pdu-output' as const),
  }));
  t.same(kindsOf({ points: levels, energies: { 1: 1000, 2: 990, 3: 500 } }), [], 'levels stand beside each other');
});

t.test('a supply that feeds another supply is in the total twice; a battery is not', async (t) => {
  const main = point(1, 'utility', { ...exact, point: 'main', feeds: ['sub', 'battery'] });
  const points = [
    main,
    point(2, 'utility', { ...exact, point: 'sub' }),
    point(3, 'battery', { ...exact, point: 'battery' }),
  ];
  const found = only({ points }, 'counted-twice');
  t.same(found.points, ['sub', 'main']);
  t.match(found.explanation, /count in the supply/);
});

t.test('one instrument read twice', async (t) => {
  const meter = { manufacturer: 'Eastron', model: 'SDM630', serial: '2107' };
  const pair = [
    point(1, 'it', { ...exact, point: 'pdu-1', meter }),
    point(2, 'it', { ...exact, point: 'pdu-1-again', meter }),
  ];
  const found = only({ points: pair, energies: { 1: 1000, 2: 1003 } }, 'same-instrument');
  t.match(found.explanation, /pdu-1 and pdu-1-again both count in the IT energy, have the same serial/);
  t.same(kindsOf({ points: pair, energies: { 1: 1000, 2: 400 } }), [], 'two outlets of one instrument');
  const named = pair.map((one) => ({ ...one, meter: null, name: 'Row A' }));
  t.match(only({ points: named, energies: { 1: 1000, 2: 1003 } }, 'same-instrument').explanation, /the same name/);
  t.same(kindsOf({ points: pair.map((one) => ({ ...one, meter: null })), energies: { 1: 1000, 2: 1000 } }), []);
});

t.test('cooling on the UPS is in the IT energy', async (t) => {
  const points = [
    point(1, 'it', { ...exact, point: 'ups', level: 'ups-output', feeds: ['fans'] }),
    point(2, 'cooling', { ...exact, point: 'fans' }),
  ];
  const found = only({ points, energies: { 1: 1000, 2: 100 } }, 'other-load-inside-it');
  t.match(found.explanation, /ups counts as IT and feeds fans \(cooling\) \(2.4 kWh in the period\)/);
});
