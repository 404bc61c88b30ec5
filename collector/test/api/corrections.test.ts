import t from 'tap';
import { CorrectionBook } from '../../src/corrections/book.ts';
import { parseEntry } from '../../src/corrections/change.ts';
import type { CorrectionDesk } from '../../src/corrections/desk.ts';
import { CorrectionError, examine } from '../../src/corrections/objection.ts';
import { FakeFigures, hall, NOW_MS } from './fake-figures.ts';
import { point } from '../site/example.ts';
import { apiOf } from './serve.ts';
import type { ImportDesk } from '../../src/import/import-desk.ts';

const PATH = '/api/v1/sites/dc-1/corrections';
const TOKEN = 'the-token-of-this-test';
const headers = { authorization: `Bearer ${TOKEN}` };

/** A desk that puts entries on record of fake figures, whose energies stay as they are. */
function deskOf(figures: FakeFigures): CorrectionDesk {
  return {
    enter: async (site, entry) => {
      examine(entry, site, figures.book, NOW_MS);
      const id = String(figures.book.all.length + 1);
      const correction = { ...entry, id, siteId: site.siteId, recordedMs: NOW_MS - 60_000 + Number(id) };
      figures.book.add(correction);
      return correction;
    },
    try: async () => {
      throw new CorrectionError('busy', 'another dry run is under way');
    },
  };
}

const entry = (change: object): object => ({ by: 'A. Auditor', reason: 'CT ratio 200/5 entered as 100/5', change });
const factor = { kind: 'factor', point: 'ups-1', from: '2026-10-05T06:00:00+08:00', factor: 2 };

const noImports: ImportDesk = {
  begin: () => Promise.reject(new Error('no imports here')),
  add: () => Promise.reject(new Error('no imports here')),
  commit: () => Promise.reject(new Error('no imports here')),
};

t.test('who does not know the token cannot write, and is told where it is', async (t) => {
  const figures = new FakeFigures();
  const api = apiOf(t, figures, { writing: { desk: deskOf(figures), imports: noImports, token: TOKEN } });
  const post = (given: Record<string, string>) =>
    api.inject({ method: 'POST', url: PATH, payload: entry(factor), headers: given });
  const without = await post({});
  t.equal(without.statusCode, 401);
  t.equal(without.headers['www-authenticate'], 'Bearer');
  t.match(without.json(), { code: 'token-required', detail: /file `token` of the collector’s data directory/ });
  for (const authorization of ['Bearer wrong', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`])
    t.match((await post({ authorization })).json(), { status: 403, code: 'wrong-token' }, authorization);
  for (const authorization of [`Basic ${TOKEN}`, TOKEN, 'Bearer', 'Bearer a b'])
    t.match((await post({ authorization })).json(), { status: 401, code: 'token-required' }, authorization);
  t.equal(figures.book.all.length, 0);
  t.equal((await post(headers)).statusCode, 201);
});

t.test('a body has a limit, and before the token nobody reads it', async (t) => {
  const figures = new FakeFigures();
  const api = apiOf(t, figures, { writing: { desk: deskOf(figures), imports: noImports, token: TOKEN } });
  const payload = { ...entry(factor), reason: 'x'.repeat(70_000) };
  t.match((await api.inject({ method: 'POST', url: PATH, payload, headers })).json(), { code: 'body-too-large' });
  t.match((await api.inject({ method: 'POST', url: PATH, payload })).json(), { code: 'token-required' });
});

t.test('a collector without a desk takes nothing', async (t) => {
  const api = apiOf(t, new FakeFigures());
  t.match((await api.inject({ method: 'POST', url: PATH, payload: entry(factor), headers })).json(), {
    code: 'not-found',
  });
});

t.test('an entry is answered as it stands on record, listed and shown with its effect', async (t) => {
  const figures = new FakeFigures();
  const api = apiOf(t, figures, { writing: { desk: deskOf(figures), imports: noImports, token: TOKEN } });
  const post = (change: object) => api.inject({ method: 'POST', url: PATH, payload: entry(change), headers });
  const made = await post(factor);
  t.equal(made.statusCode, 201);
  const expected = {
    id: '1',
    site: 'dc-1',
    by: 'A. Auditor',
    reason: 'CT ratio 200/5 entered as 100/5',
    change: { kind: 'factor', point: 'ups-1', from: '2026-10-04T22:00:00Z', factor: 2 },
    recorded: '2026-10-05T06:02:20.001Z',
    withdrawnBy: null,
  };
  t.same(made.json(), expected);
  await post({ kind: 'void', point: 'crac-1', from: '2026-10-04T10:00:00Z', to: '2026-10-04T11:00:00Z' });
  await post({ kind: 'withdraw', correction: '1' });
  const list = (await api.inject(PATH)).json<{ corrections: { id: string; withdrawnBy: string | null }[] }>();
  t.same(
    list.corrections.map(({ id, withdrawnBy }) => [id, withdrawnBy]),
    [
      ['1', '3'],
      ['2', null],
      ['3', null],
    ],
  );
  const within = await api.inject(`${PATH}?from=2026-10-04T09:00:00Z&to=2026-10-04T10:30:00Z`);
  t.same(
    within.json<{ corrections: { id: string }[] }>().corrections.map(({ id }) => id),
    ['2'],
  );
  const one = (await api.inject(`${PATH}/2`)).json<{ effect: { points: object[] } }>();
  t.match(one, {
    id: '2',
    effect: { points: [{ point: 'crac-1', unit: 'Wh', before: { energyWh: Number, exportWh: 0 }, after: {} }] },
  });
  const kpis = (await api.inject('/api/v1/sites/dc-1/kpis?period=2026-10-04')).json<{ corrections: string[] }>();
  t.same(kpis.corrections, ['2']);
});

const refused: readonly (readonly [change: object, code: string, detail: RegExp])[] = [
  [{ ...factor, point: 'nope' }, 'invalid-correction', /dc-1 has no readings of a point nope; .*\/points lists/],
  [{ ...factor, point: 'host-7' }, 'invalid-correction', /has no readings of a point host-7/],
  [{ ...factor, from: '2026-10-05T06:00:00' }, 'invalid-correction', /change.from: must be an instant with its offset/],
  [{ ...factor, from: '2026-10-05T06:00:30Z' }, 'invalid-correction', /must be a whole minute/],
  [{ ...factor, from: '2026-10-06T06:00:00Z' }, 'invalid-correction', /its time has not come yet/],
  [{ ...factor, factor: 0 }, 'invalid-correction', /change.factor: must not be 0/],
  [{ ...factor, to: '2026-10-04T06:00:00Z' }, 'invalid-correction', /to must be later than from/],
  [{ kind: 'delete' }, 'invalid-correction', /change.kind/],
  [{ kind: 'withdraw', correction: '77' }, 'invalid-correction', /dc-1 has no correction 77/],
  [{ kind: 'acknowledge', finding: 'nonsense/main' }, 'invalid-correction', /must be the id of a finding/],
  [
    { kind: 'reading', point: 'ups-1', at: '2026-10-05T05:00:00Z', value: 1e16 },
    'invalid-correction',
    /ends at 1000000000000000 Wh/,
  ],
];

t.test('what cannot be right is refused in words', async (t) => {
  const figures = new FakeFigures();
  const api = apiOf(t, figures, { writing: { desk: deskOf(figures), imports: noImports, token: TOKEN } });
  const post = async (payload: object, query = '') =>
    (await api.inject({ method: 'POST', url: `${PATH}${query}`, payload, headers })).json<{
      code: string;
      detail: string;
    }>();
  for (const [change, code, detail] of refused)
    t.match(await post(entry(change)), { code, detail }, JSON.stringify(change));
  t.match(await post({ change: factor }), { code: 'invalid-correction', detail: /by.*; reason/ });
  t.match(await post(entry(factor), '?dryRun=yes'), {
    code: 'invalid-request',
    detail: /dryRun must be one of true, false/,
  });
  t.match(await post(entry(factor), '?dryRun=true'), { code: 'busy', status: 503 });
  t.equal(figures.book.all.length, 0);
});

t.test('what contradicts the record is refused, and says what to withdraw', async (t) => {
  const figures = new FakeFigures();
  const enter = async (change: object): Promise<string | null> => {
    const parsed = parseEntry(entry(change));
    if ('problems' in parsed) throw new Error(parsed.problems.join());
    try {
      await deskOf(figures).enter(hall, parsed);
      return null;
    } catch (error) {
      return (error as CorrectionError).kind;
    }
  };
  const reading = { kind: 'reading', point: 'ups-1', at: '2026-10-05T05:00:00Z', value: 1000 };
  t.equal(await enter(factor), null);
  t.equal(await enter(factor), 'conflict');
  t.equal(await enter({ ...factor, factor: 3 }), null, 'another factor multiplies with it');
  t.equal(await enter(reading), null);
  t.equal(await enter({ ...reading, value: 2000 }), 'conflict');
  t.equal(await enter({ kind: 'withdraw', correction: '1' }), null);
  t.equal(await enter({ kind: 'withdraw', correction: '1' }), 'conflict');
  t.equal(await enter({ kind: 'withdraw', correction: '4' }), 'invalid', 'a withdrawal');
  t.equal(await enter(factor), null, 'again, after its withdrawal');
});

t.test('a register of litres takes no value in Wh', async (t) => {
  const tank = { ...hall, points: [point(1, 'generator', { point: 'tank', quantity: 'volume' })] };
  const parsed = parseEntry(entry({ kind: 'reading', point: 'tank', at: '2026-10-05T05:00:00Z', value: 1000 }));
  if ('problems' in parsed) throw new Error(parsed.problems.join());
  t.throws(() => examine(parsed, tank, new CorrectionBook(), NOW_MS), {
    kind: 'invalid',
    message: 'change.point: tank counts L; register values are taken in Wh only',
  });
});

t.test('there is no such correction, or site', async (t) => {
  const api = apiOf(t, new FakeFigures());
  t.match((await api.inject(`${PATH}/9`)).json(), { code: 'unknown-correction', status: 404 });
  t.match((await api.inject('/api/v1/sites/nope/corrections')).json(), { code: 'unknown-site' });
});
