import t from 'tap';
import { isMainTarget, targetsOf } from '../../src/kpi/site-targets.ts';
import { findTarget } from '../../src/kpi/targets.ts';
import type { Site } from '../../src/site/site.ts';
import { hall } from '../api/fake-figures.ts';

const NAMED = 'gb-40879-grade-2-1.3';
const own = { id: 'mine', metric: 'pue', value: 1.4, source: 'board' } as const;
const of = (target: string | null, targets?: Site['file']['targets']) =>
  targetsOf({ target, file: { ...hall.file, targets } });

t.test('a target of the site’s own has what it says, and else what is usual', async (t) => {
  const { others } = of(null, [own, { ...own, id: 'erf', metric: 'erf' }]);
  t.strictSame(others[0], {
    id: 'mine',
    name: 'mine',
    metric: 'pue',
    unit: '1',
    direction: 'at-most',
    value: 1.4,
    kind: 'measured-year',
    scope: 'this site',
    source: 'board',
    status: 'in-force',
    validFrom: '2000-01-01',
    validTo: null,
  });
  t.match(others[1], { metric: 'erf', direction: 'at-least' });
  const said = {
    name: 'Ours',
    direction: 'at-least',
    kind: 'design',
    scope: 'hall 2',
    itLoadFactor: 0.5,
    validFrom: '2026-01-01',
    validTo: '2027-01-01',
  } as const;
  t.match(of(null, [{ ...own, ...said }]).others[0], said);
});

t.test('the main target is one of PUE or SEE, of the catalogue or the site’s own', async (t) => {
  t.strictSame(of(null), { main: null, others: [] });
  t.equal(of(NAMED).main, findTarget(NAMED));
  t.match(of('mine', [NAMED, own]), { main: { id: 'mine', value: 1.4 }, others: [{ id: NAMED }] });
  t.match(of(NAMED, [own]), { main: { id: NAMED }, others: [{ id: 'mine' }] });
  t.match(of('mine', [{ ...own, metric: 'see' }]), { main: { metric: 'see' } });
  t.strictSame(of('mine', [{ ...own, metric: 'wue' }]).main, null);
  t.strictSame(of('gone', ['gone too']), { main: null, others: [] }, 'what has left the catalogue');
});

t.test('a file’s target is known before the site is', async (t) => {
  t.ok(isMainTarget({}));
  t.ok(isMainTarget({ target: NAMED }));
  t.ok(isMainTarget({ target: 'mine', targets: [NAMED, own] }));
  t.ok(isMainTarget({ target: 'mine', targets: [{ ...own, metric: 'see' }] }));
  t.notOk(
    isMainTarget({
      target: 'mine',
      targets: [
        { ...own, metric: 'wue' },
        { ...own, id: 'other' },
      ],
    }),
  );
  t.notOk(isMainTarget({ target: 'gone', targets: [own] }));
});
