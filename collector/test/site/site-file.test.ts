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
    /c\.yaml: target: is not in the catalogue/,
    /d\.yaml: /,
    /c\.yaml: estimation\.methods\[0\]/,
    /c\.yaml: estimation\.linearMaxMinutes/,
    /f\.yaml: the site f has a file already/,
    /g\.yaml: x cannot be its own alternate/,
  ]) {
    t.match(message, expected);
  }
});

t.test('a directory that does not exist is named', async (t) => {
  t.throws(() => loadSiteFiles(join(scratch(t), 'none'), {}), /the directory of site files cannot be read/);
});
