import type { PointDeclaration } from '@wattmark/shared/messages';
import t from 'tap';
import { Catalogue } from '../../src/evidence/catalogue.ts';
import { DEFAULT_INTERVAL_MS, SiteRegistry } from '../../src/site/registry.ts';
import { emptySiteFile, type SiteFile } from '../../src/site/site-file.ts';

const declared = (point: string, more: Partial<PointDeclaration> = {}): PointDeclaration =>
  ({ point, role: 'it', channels: ['power'], intervalMs: 10_000, ...more }) as PointDeclaration;

const fileOf = (site: string, more: Partial<SiteFile> = {}): SiteFile => ({
  ...emptySiteFile({ site, group: 'default' }),
  ...more,
});

/** Two sites: three points and two agents, and one that is not spoken of. */
function known(owners: readonly (number | undefined)[] = []) {
  const catalogue = new Catalogue();
  for (const site of ['dc-1', 'bs-1']) catalogue.addSite({ group: 'north', site });
  for (const point of ['a', 'b', 'v']) catalogue.addPoint({ siteId: 0, point });
  catalogue.addPoint({ siteId: 1, point: 'a' });
  for (const agent of ['one', 'two']) catalogue.addAgent(agent, 0);
  catalogue.addAgent('three', 1);
  return { catalogue, registry: new SiteRegistry(catalogue, (pointId) => owners[pointId]) };
}

t.test('a site that nobody describes has what can be assumed', async (t) => {
  const { registry } = known();
  const { points, file, ...described } = registry.site(0);
  t.strictSame(described, {
    siteId: 0,
    site: 'dc-1',
    name: 'dc-1',
    kind: 'data-centre',
    group: 'north',
    timezone: 'UTC',
    target: 'miit-design-pue-1.3',
    itLevel: null,
    conversion: 'delivered',
    baseline: null,
  });
  t.strictSame(points[0], {
    point: 'a',
    pointId: 0,
    name: 'a',
    role: null,
    level: null,
    feeds: [],
    channels: [],
    source: null,
    agent: null,
    accuracyClass: null,
    meter: null,
    intervalMs: 60_000,
    simulated: false,
    method: null,
    carrier: 'electricity',
    quantity: 'energy',
    virtual: null,
    factor: 1,
  });
  t.equal(DEFAULT_INTERVAL_MS, 60_000);
  t.equal(file.site, 'dc-1');
  t.strictSame(registry.site(1).points.length, 1);
  registry.announce(0, [declared('a')]);
  t.strictSame(registry.site(0).points[0], {
    ...points[0],
    role: 'it',
    channels: ['power'],
    intervalMs: 10_000,
    agent: 'one',
  });
  t.throws(() => registry.site(7), { message: 'site 7 is not defined' });
  t.equal(registry.site(0), registry.site(0), 'built once');
});

const said = {
  name: 'Said',
  level: 'pdu-output',
  feeds: ['b'],
  source: 'modbus',
  accuracyClass: '1',
  meter: { serial: '7' },
  simulated: true,
  method: 'guessed',
  energyModulusWh: 1_000,
} as const;

t.test('what an agent announces counts where the site file says nothing of it', async (t) => {
  const { registry } = known([1]);
  registry.announce(1, [declared('a', said)]);
  const announced = {
    role: 'it',
    name: 'Said',
    level: 'pdu-output',
    feeds: ['b'],
    accuracyClass: '1',
    intervalMs: 10_000,
  };
  const others = { source: 'modbus', simulated: true, method: 'guessed', agent: 'two', meter: { serial: '7' } };
  t.match(registry.site(0).points[0], { ...announced, ...others, channels: ['power'], carrier: 'electricity' });
  const written = {
    name: 'Written',
    role: null,
    level: 'ups-output',
    feeds: ['c'] as string[],
    accuracyClass: '2',
  } as const;
  const point = { point: 'a', ...written, interval: 5_000, carrier: 'diesel', factor: 3 };
  registry.setFiles([
    fileOf('dc-1', { name: 'Hall', kind: 'base-station', timezone: 'Asia/Shanghai', points: [point] }),
  ]);
  t.equal(registry.site(0).file.name, 'Hall');
  t.match(registry.site(0), { name: 'Hall', kind: 'base-station', timezone: 'Asia/Shanghai', target: null });
  t.match(registry.site(0).points[0], { ...written, ...others, intervalMs: 5_000, factor: 3, quantity: 'volume' });
  t.equal(registry.site(1).name, 'bs-1', 'the other site has no file');
  registry.setFiles([
    fileOf('dc-1', { target: 'x', itLevel: 'ups-output', conversion: 'y', baseline: { kwhPerDay: 1, source: 's' } }),
  ]);
  t.match(registry.site(0), { target: 'x', itLevel: 'ups-output', conversion: 'y', baseline: { kwhPerDay: 1 } });
  t.equal(registry.site(0).points[0]?.role, 'it');
});

t.test('of two agents the one that reads a point says what it is; until then the first', async (t) => {
  const owners: (number | undefined)[] = [];
  const { registry } = known(owners);
  t.equal(registry.declaration(0), null);
  t.equal(registry.declaration(99), null);
  registry.announce(0, [declared('a', { name: 'of one' }), declared('b', { meter: { serial: 's' } })]);
  registry.announce(1, [declared('a', { name: 'of two', energyModulusWh: 500 })]);
  registry.announce(2, [declared('a', { name: 'of the other site' })]);
  t.equal(registry.site(0).points[0]?.name, 'of one');
  t.equal(registry.modulusOf(0), null);
  owners[0] = 1;
  t.equal(registry.site(0).points[0]?.name, 'of one', 'until it is told');
  registry.invalidate(0);
  t.match(registry.site(0).points[0], { name: 'of two', agent: 'two' });
  t.equal(registry.modulusOf(0), 500);
  owners[1] = 1;
  registry.invalidate(0);
  t.match(registry.site(0).points[1], { name: 'b', agent: 'two' }, 'one that did not announce it');
  t.same(registry.serialOf(0, 'b'), { pointId: 1, serial: 's' });
  t.same(
    [registry.serialOf(0, 'a'), registry.serialOf(1, 'b'), registry.serialOf(9, 'b'), registry.serialOf(0, 'nope')],
    [null, null, null, null],
  );
});

const virtual = (sum: Record<string, number>) => ({ sum, constantW: 5 });

t.test('a point made of others is read as slowly as the slowest, and what it was made of is remembered', async (t) => {
  const { registry, catalogue } = known();
  catalogue.addPoint({ siteId: 0, point: 'w' });
  registry.announce(0, [declared('a', { intervalMs: 30_000 }), declared('b', { simulated: true })]);
  const points = [
    { point: 'v', interval: 99_000, virtual: virtual({ a: 1, nope: 2 }) },
    { point: 'w', virtual: virtual({ v: 1, b: -1 }) },
  ];
  registry.setFiles([
    fileOf('dc-1', { points }),
    fileOf('bs-1', { points: [{ point: 'a', virtual: virtual({ x: 1 }) }] }),
  ]);
  const ofName = (name: string) => registry.site(0).points.find(({ point }) => point === name);
  t.match(ofName('v'), { intervalMs: 30_000, simulated: false, virtual: { constantW: 5 } });
  t.same(ofName('v')?.virtual?.sum, [
    ['a', 1],
    ['nope', 2],
  ]);
  t.match(ofName('w'), { intervalMs: 30_000, simulated: true });
  t.match(registry.site(1).points[0], { intervalMs: 60_000, simulated: false }, 'without a member its own');
  t.same([registry.virtualIdsOf(0), registry.virtualIdsOf(1), registry.virtualIdsOf(9)], [[2, 4], [3], []]);
  registry.setFiles([fileOf('dc-1')]);
  t.same(registry.virtualIdsOf(0), [2, 4], 'what an earlier file made');
  const again = new SiteRegistry(catalogue, () => undefined);
  again.load(JSON.parse(JSON.stringify(registry.save())) as ReturnType<SiteRegistry['save']>);
  t.same(again.save(), registry.save());
  t.same(again.site(0), registry.site(0));
  t.same(again.files(), registry.files());
});
