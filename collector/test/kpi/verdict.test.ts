import fc from 'fast-check';
import t from 'tap';
import { catalogue, findTarget, type Target, validityIn } from '../../src/kpi/targets.ts';
import { type Evidence, judge, judgeDesign, percent, type Trial } from '../../src/kpi/verdict.ts';

const named = (id: string): Target => {
  const found = findTarget(id);
  if (found === undefined) throw new Error(`no target ${id}`);
  return found;
};
const target = named('gb-40879-grade-2-1.3');
const good: Evidence = { value: 1.2714, absence: null, uncertainty: 0.015, coverage: 0.99, months: [] };
const span = (from: string, to: string) => ({ fromMs: Date.parse(`${from}T00:00Z`), toMs: Date.parse(`${to}T00:00Z`) });
const year: Trial = { span: span('2025-01-01', '2026-01-01'), timezone: 'UTC', isYear: true, leastCoverage: 0.9 };

t.test('a verdict says its numbers', async (t) => {
  const verdict = (more: Partial<Evidence>): unknown => judge(target, { ...good, ...more }, year);
  const provisional = false;
  t.same(verdict({}), { verdict: 'met', reason: '1.271 ± 0.015 lies below 1.3', provisional });
  t.same(verdict({ value: 1.408 }), { verdict: 'missed', reason: '1.408 ± 0.015 lies above 1.3', provisional });
  t.same(verdict({ value: 1.294 }), {
    verdict: 'indeterminate',
    reason: '1.3 lies inside 1.294 ± 0.015',
    provisional,
  });
  t.match(verdict({ uncertainty: null }), {
    verdict: 'met',
    reason: /1.271 does not exceed 1.3; its uncertainty is unknown/,
  });
  t.match(verdict({ uncertainty: null, value: 1.31 }), {
    verdict: 'missed',
    reason: /1.310 exceeds 1.3; its uncertainty is unknown, because not every meter has an accuracy class/,
  });
});

t.test('a value that lies on the target keeps it, whichever way it is judged', async (t) => {
  const verdict = (more: Partial<Evidence>, of: Partial<Target> = {}): unknown =>
    judge({ ...target, ...of }, { ...good, value: 1.3, ...more }, year);
  t.match(verdict({ uncertainty: null }), { verdict: 'met', reason: /^1.300 does not exceed 1.3;/ });
  t.match(verdict({ uncertainty: 0 }), { verdict: 'met', reason: '1.300 ± 0.000 lies at 1.3' });
  t.match(verdict({ uncertainty: 0 }, { direction: 'at-least' }), { verdict: 'met', reason: /lies at 1.3/ });
  const summed = 1.3 + 4e-16;
  t.not(summed, 1.3);
  t.match(verdict({ value: summed, uncertainty: 0 }), { verdict: 'met', reason: '1.300 ± 0.000 lies at 1.3' });
  t.match(verdict({ value: summed, uncertainty: null }), { verdict: 'met', reason: /^1.300 does not exceed 1.3;/ });
  const upward = { direction: 'at-least' } as const;
  t.match(verdict({ value: 1.3 - 4e-16, uncertainty: null }, upward), { verdict: 'met', reason: /reaches 1.3/ });
  for (const [value, shown] of [
    [1.3006, '1.301'],
    [1.30004, '1.30004'],
    [1.3000004, '1.3000004'],
    [1.300000004, '1.300000004'],
  ] as const)
    t.match(verdict({ value, uncertainty: null }), { verdict: 'missed', reason: new RegExp(`^${shown} exceeds 1.3;`) });
  t.match(
    verdict({ value: 1.25, uncertainty: 0.05 }, { value: 1.25 + 0.05 }),
    { verdict: 'met' },
    'and so does its band',
  );
  const see = { metric: 'see' as const, direction: 'at-least' as const };
  t.match(verdict({ uncertainty: null }, see), { verdict: 'met', reason: /reaches 1.3; .* accuracy class/ });
  t.match(verdict({ uncertainty: null }, { metric: 'wue' }), { reason: /; its uncertainty is not computed$/ });
});

t.test('a share is cut to a tenth of a per cent, but not for the last bit of a sum', async (t) => {
  t.equal(percent(0.8996), '89.9 %');
  t.equal(0.7 + 0.2 < 0.9, true);
  t.equal(percent(0.7 + 0.2), '90 %');
  t.equal(percent(1), '100 %');
});

t.test('a value that must be reached is judged the other way round', async (t) => {
  const reused = named('enefg-new-erf-0.1');
  const trial = { ...year, span: span('2027-01-01', '2028-01-01') };
  const verdict = (more: Partial<Evidence>): unknown => judge(reused, { ...good, ...more }, trial);
  t.match(verdict({ value: 0.2, uncertainty: 0.01 }), { verdict: 'met', reason: /0.200 ± 0.010 lies above 0.1/ });
  t.match(verdict({ value: 0.05, uncertainty: 0.01 }), { verdict: 'missed', reason: /lies below 0.1/ });
  t.match(verdict({ value: 0.095, uncertainty: 0.01 }), { verdict: 'indeterminate' });
  t.match(verdict({ value: 0.1, uncertainty: null }), { verdict: 'met', reason: /reaches 0.1/ });
  t.match(verdict({ value: 0.09, uncertainty: null }), { verdict: 'missed', reason: /does not reach 0.1/ });
});

t.test('too little data shows no verdict', async (t) => {
  t.match(
    judge(target, { ...good, coverage: 0.7 + 0.2 }, year),
    { verdict: 'met' },
    'the last bit of a sum is not little',
  );
  const reason = (more: Partial<Evidence>, trial = year): string => {
    const judgement = judge(target, { ...good, ...more }, trial);
    t.equal(judgement.verdict, 'insufficient-data');
    return judgement.reason;
  };
  t.match(reason({ coverage: 0.8999 }), /coverage is 89.9 % of the time elapsed; a verdict needs 90 %/);
  t.match(
    reason({ coverage: 0.94 }, { ...year, leastCoverage: 0.95 }),
    /94 % of the time elapsed; a verdict needs 95 %/,
  );
  t.match(reason({ coverage: null, value: null }), /has not begun/);
  t.match(reason({ coverage: 0, value: null }), /at no time/);
  t.match(reason({ value: null, absence: 'no IT energy was used' }), /no IT energy/);
  t.equal(reason({ value: null }), 'the figure is unknown');
  const months = [
    { name: '2026-01', coverage: 0.95 },
    { name: '2026-02', coverage: 0.612 },
  ];
  t.match(reason({ months }), /coverage is 61.2 % in 2026-02; a verdict needs 90 % in every month/);
  t.equal(judge(target, { ...good, months }, { ...year, leastCoverage: 0.6 }).verdict, 'met');
  t.equal(judge(target, { ...good, coverage: 0.9, months: [{ name: '2026-01', coverage: 0.9 }] }, year).verdict, 'met');
});

t.test('like is compared with like, and what is not says so', async (t) => {
  const reason = (id: string, trial = year): string => judge(named(id), good, trial).reason;
  t.match(reason('miit-design-pue-1.3'), /1.3; the target is a design value, held here/);
  t.match(reason('four-agency-hub-1.25'), /average over many sites/);
  const month = { ...year, span: span('2025-03-01', '2025-04-01'), isYear: false };
  t.match(judge(target, good, month), { verdict: 'met', provisional: true, reason: /provisional: .* is shorter$/ });
  const open = { ...year, isYear: false };
  t.match(judge(target, good, open), { provisional: true, reason: /not a year that is over/ });
  const almost = { ...open, span: span('2025-01-01', '2025-12-31') };
  t.match(judge(target, good, almost), { provisional: true, reason: /the period is shorter$/ });
  t.equal(judge({ ...target, kind: 'measured' }, good, month).provisional, false);
});

t.test('a target that is not in force gives no verdict, with the reason', async (t) => {
  const verdict = (id: string, trial: Trial): unknown => judge(named(id), good, trial);
  t.match(verdict('enefg-existing-2027-1.5', year), {
    verdict: null,
    reason: /not in force in this period; it holds from 2027-07-01 to before 2030-07-01/,
  });
  t.match(verdict('eu-label-a-1.15', year), { verdict: null, reason: /draft and not in force/ });
  const half = { ...year, span: span('2027-01-01', '2028-01-01') };
  t.match(verdict('enefg-existing-2027-1.5', half), { verdict: 'met', reason: /for a part of the period only/ });
  const validity = (from: string, to: string, timezone = 'UTC') =>
    validityIn(named('enefg-existing-2027-1.5'), span(from, to), timezone);
  t.equal(validity('2027-07-01', '2030-07-01'), 'throughout');
  t.equal(validity('2028-01-01', '2030-07-02'), 'partly');
  t.equal(validity('2030-07-01', '2031-07-01'), 'never');
  t.equal(validity('2027-06-30', '2027-07-01'), 'never');
  t.equal(
    validity('2027-06-30', '2027-07-01', 'Asia/Shanghai'),
    'partly',
    'the first of July begins there at 16:00 UTC',
  );
});

t.test('a design value is held against a design target, at the same IT load', async (t) => {
  const design = named('green-mark-gold-plus-1.46');
  t.match(judgeDesign(design, { value: 1.4, itLoadFactor: 0.25 }, year), { verdict: 'met' });
  t.match(judgeDesign(design, { value: 1.5, itLoadFactor: 0.25 }, year), { verdict: 'missed', reason: /1.5 exceeds/ });
  t.match(judgeDesign(design, { value: 1.4, itLoadFactor: 1 }, year), { verdict: null, reason: /25 % IT load/ });
  t.match(judgeDesign(design, { value: 1.4 }, year), { verdict: null });
  t.match(judgeDesign(named('miit-design-pue-1.3'), { value: 1.28 }, year), { verdict: 'met' });
  t.match(judgeDesign(target, { value: 1.28 }, year), { verdict: null, reason: /not a design value/ });
  const inForce = named('miit-design-pue-1.3');
  t.match(judgeDesign(inForce, { value: 1.28, itLoadFactor: 0.5 }, year), { verdict: 'met' }, 'a target for any load');
  const reason = (of: Partial<Target>): unknown => judgeDesign({ ...inForce, ...of }, { value: 1.3 }, year);
  t.match(reason({}), { verdict: 'met', reason: 'the design value 1.3 does not exceed 1.3', provisional: false });
  t.match(reason({ status: 'draft' }), { verdict: null, reason: /^the target is not in force; it holds from/ });
  t.match(reason({ validTo: '2025-01-01' }), {
    verdict: null,
    reason: /^the target is not in force; .* before 2025-01-01/,
  });
  t.match(reason({ metric: 'erf' }), {
    verdict: null,
    reason: 'the target is not a design value of PUE',
    provisional: false,
  });
});

t.test('the catalogue is one', async (t) => {
  const { targets, edition } = catalogue;
  t.match(edition, /^\d{4}-\d\d-\d\d$/);
  t.equal(new Set(targets.map(({ id }) => id)).size, targets.length);
  for (const { id, validFrom, validTo, metric, value } of targets) {
    t.ok(validTo === null || validFrom < validTo, id);
    t.ok(metric !== 'pue' || value >= 1, id);
  }
  t.equal(findTarget('none'), undefined);
});

t.test('whatever the numbers: met and missed exclude the band, and a wider band never decides more', async () => {
  const number = fc.double({ min: 1, max: 3, noNaN: true });
  const width = fc.double({ min: 0, max: 0.5, noNaN: true });
  fc.assert(
    fc.property(
      number,
      number,
      width,
      width,
      fc.constantFrom('at-most', 'at-least'),
      (value, limit, a, b, direction) => {
        const at = (uncertainty: number) =>
          judge({ ...target, value: limit, direction }, { ...good, value, uncertainty }, year).verdict;
        const [narrow, wide] = [at(Math.min(a, b)), at(Math.max(a, b))];
        const decides = (verdict: unknown): boolean => verdict === 'met' || verdict === 'missed';
        return decides(wide) ? narrow === wide : wide === 'indeterminate';
      },
    ),
    { seed: 20261121 },
  );
});
