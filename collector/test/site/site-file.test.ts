import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadSiteFiles } from '../../src/site/site-file.ts';
import { scratch } from '../support/rig.ts';

function directoryOf(t: { teardown(fn: () => void): void }, files: Readonly<Record<string, string>>): string {
  const directory = join(scratch(t), 'sites');
  mkdirSync(directory);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

t.test('a site file is read with its defaults', async (t) => {
  const directory = directoryOf(t, {
    'dc-1.yaml': `
site: dc-1
timezone: Asia/Shanghai
target: miit-design-pue-1.3
points:
  - {point: utility-a, role: utility, accuracyClass: 0.5S}
  - {point: ups-1, role: it, level: ups-output, accuracyClass: 1, interval: 5m}
`,
    'notes.txt': 'not a site',
  });
  t.same(loadSiteFiles(directory, {}), [
    {
      site: 'dc-1',
      kind: 'data-centre',
      group: 'default',
      timezone: 'Asia/Shanghai',
      target: 'miit-design-pue-1.3',
      points: [
        { point: 'utility-a', role: 'utility', accuracyClass: '0.5S' },
        { point: 'ups-1', role: 'it', level: 'ups-output', accuracyClass: '1', interval: 300_000 },
      ],
    },
  ]);
});

t.test('estimation has the defaults of the manual that it follows', async (t) => {
  const directory = directoryOf(t, {
    'a.yaml': 'site: a\nestimation: {methods: [similar-days, linear]}\npoints: [{point: x, alternate: y}]\n',
  });
  t.match(loadSiteFiles(directory, {}), [
    {
      estimation: { methods: ['similar-days', 'linear'], linearMaxMinutes: 60, historyWeeks: 3 },
      points: [{ point: 'x', alternate: 'y' }],
    },
  ]);
});

t.test('all problems of all files come at once, each with its file and key', async (t) => {
  const directory = directoryOf(t, {
    'a.yaml': 'site: DC 1\ncolour: red\ntimezone: Mars/Olympus\n',
    'b.yaml': 'site: b\npoints: [{point: x, role: heater}, {point: y}, {point: y}]\n',
    'c.yaml': 'site: c\ntarget: nobody-s\nestimation: {methods: [guess], linearMaxMinutes: 180}\n',
    'd.yaml': 'site: [',
    'e.yaml': 'site: f\n',
    'f.yaml': 'site: f\n',
    'g.yaml': 'site: g\npoints: [{point: x, alternate: x}]\n',
    'h.yaml': 'site: h\npoints: [{point: x, virtual: {sum: {y: 0}}}, {point: z, virtual: {sum: {}}}]\n',
    'i.yaml': 'site: i\npartials: [{id: p, total: [], it: []}]\n',
  });
  let message = '';
  try {
    loadSiteFiles(directory, {});
  } catch (error) {
    message = (error as Error).message;
  }
  for (const expected of [
    /a\.yaml: site: must be lower-case/,
    /a\.yaml: colour: unknown key/,
    /a\.yaml: timezone: is not an IANA time zone/,
    /b\.yaml: points\[0\]\.role/,
    /c\.yaml: target: is neither in the catalogue of targets, for PUE or SEE, nor/,
    /d\.yaml: /,
    /c\.yaml: estimation\.methods\[0\]/,
    /c\.yaml: estimation\.linearMaxMinutes/,
    /f\.yaml: the site f has a file already/,
    /g\.yaml: x cannot be its own alternate/,
    /h\.yaml: points\[0\]\.virtual\.sum\.y: must not be 0/,
    /h\.yaml: points\[1\]\.virtual\.sum: must name a point/,
    /i\.yaml: partials\[0\]\.it: must name a point/,
  ]) {
    t.match(message, expected);
  }
});

t.test('limits are those that the file is told', async (t) => {
  const problemsOf = (text: string): string => {
    try {
      loadSiteFiles(directoryOf(t, { 'a.yaml': text }), {});
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `p${index}`);
  const listed = names(1_001).map((point) => ({ point, role: null }));
  const file = (more: object): string => JSON.stringify({ site: 'a', points: listed, ...more });
  const part = (id: string, total: readonly string[], more: object = {}) => ({ id, total, it: ['p0'], ...more });
  const virtual = (sum: object, constantW = 0) =>
    file({ points: [...listed, { point: 'v', virtual: { sum, constantW } }] });
  const sumOf = (count: number): object => Object.fromEntries(names(count).map((name) => [name, 1]));
  for (const good of [
    file({ partials: names(100).map((id) => part(id, ['p1'])) }),
    file({ partials: [part('x', names(1_000), { name: 'X' })] }),
    virtual(sumOf(1_000)),
    virtual({ p0: 1_000, p1: -1_000 }, 1e9),
    virtual({ p0: 1 }, -1e9),
    'site: a\nname: X\npoints: [{point: x, name: Y, factor: 100, interval: 1d}, {point: y, factor: 0, interval: 1ms}]\n',
    'site: a\nbaseline: {kwhPerDay: 0.5, source: s}\n',
  ])
    t.equal(problemsOf(good), '', good.slice(-60));
  for (const [bad, problem] of [
    [file({ partials: names(101).map((id) => part(id, ['p1'])) }), /a\.yaml: partials: /],
    [file({ partials: [part('x', names(1_001))] }), /partials\[0\]\.total: /],
    [file({ partials: [part('x', ['p1'], { name: '' })] }), /partials\[0\]\.name: /],
    [file({ partials: [part('x', ['nowhere'])] }), /a\.yaml: the part x: nowhere is none of the points/],
    [virtual(sumOf(1_001)), /virtual\.sum: /],
    [virtual({ p0: 1_000.5 }), /virtual\.sum\.p0: /],
    [virtual({ p0: -1_000.5 }), /virtual\.sum\.p0: /],
    [virtual({ p0: 1 }, 1e9 + 0.5), /virtual\.constantW: /],
    [virtual({ p0: 1 }, -1e9 - 0.5), /virtual\.constantW: /],
    ['site: a\nname: ""\n', /a\.yaml: name: /],
    ['site: a\npoints: [{point: x, factor: 100.5}]\n', /points\[0\]\.factor: /],
    ['site: a\npoints: [{point: x, factor: -0.5}]\n', /points\[0\]\.factor: /],
    ['site: a\npoints: [{point: x, interval: 86400001ms}]\n', /points\[0\]\.interval: /],
    ['site: a\npoints: [{point: x, interval: 0ms}]\n', /points\[0\]\.interval: /],
    ['site: a\npoints: [{point: x}, {point: x}]\n', /a\.yaml: the point x stands twice/],
    ['site: a\nbaseline: {kwhPerDay: 0, source: s}\n', /baseline\.kwhPerDay: /],
  ] as const)
    t.match(problemsOf(bad), problem, bad.slice(-60));
});

t.test('a directory that does not exist is named', async (t) => {
  t.throws(() => loadSiteFiles(join(scratch(t), 'none'), {}), /the directory of site files cannot be read/);
});

t.test('targets, coverage, design and accuracy are read, and each mistake is named', async (t) => {
  const directory = directoryOf(t, {
    'dc-1.yaml': `
site: dc-1
target: board
targets:
  - gb-40879-grade-2-1.3
  - {id: board, metric: pue, value: 1.25, source: decision of the board, validFrom: 2027-01-01}
coverage: 0.95
designPue: {value: 1.28, source: design report, itLoadFactor: 0.8}
points:
  - {point: a, ctClass: 0.2S, vtClass: direct, resolutionWh: 100, commonCause: batch 7}
  - {point: b, ctClass: 1, limitPercent: 1.5}
`,
  });
  const [site] = loadSiteFiles(directory, {});
  t.match(site, {
    target: 'board',
    coverage: 0.95,
    designPue: { itLoadFactor: 0.8 },
    targets: [String, { id: 'board' }],
  });
  t.match(site?.points, [
    { ctClass: '0.2S', vtClass: 'direct', resolutionWh: 100 },
    { ctClass: '1', limitPercent: 1.5 },
  ]);
  const wrong = directoryOf(t, {
    'a.yaml':
      'site: a\ntargets: [none, {id: x, metric: pew, value: 1}]\ncoverage: 0.3\ndesignPue: {value: 0.9, source: s}\n',
    'b.yaml': 'site: b\npoints: [{point: p, ctClass: 7, vtClass: 0.2S, limitPercent: 0, resolutionWh: -1}]\n',
    'c.yaml': 'site: c\ntargets: [{id: gb-40879-grade-2-1.3, metric: pue, value: 1.3, source: s}]\n',
    'd.yaml': 'site: d\ntarget: enefg-new-erf-0.1\n',
  });
  let message = '';
  try {
    loadSiteFiles(wrong, {});
  } catch (error) {
    message = (error as Error).message;
  }
  for (const expected of [
    /a\.yaml: targets\[0\]: is not in the catalogue/,
    /a\.yaml: targets\[1\]\.metric: must be one of pue, /,
    /a\.yaml: targets\[1\]\.source: is required/,
    /a\.yaml: coverage: /,
    /a\.yaml: designPue\.value: /,
    /b\.yaml: points\[0\]\.ctClass: must be one of direct, 0\.1, 0\.2S, /,
    /b\.yaml: points\[0\]\.vtClass: /,
    /b\.yaml: points\[0\]\.limitPercent: /,
    /b\.yaml: points\[0\]\.resolutionWh: /,
    /c\.yaml: targets\[0\]\.id: is the id of a target in the catalogue/,
    /d\.yaml: target: is neither/,
  ])
    t.match(message, expected);
});
