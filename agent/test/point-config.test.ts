import t from 'tap';
import * as v from 'valibot';
import { pointsConfig } from '../src/point-config.ts';

t.test('an accuracy class is taken as YAML reads it, quoted or not', (t) => {
  for (const [written, expected] of [
    [1, '1'],
    [0.2, '0.2'],
    ['0.5S', '0.5S'],
    ['B', 'B'],
  ] as const) {
    t.equal(v.parse(pointsConfig, [{ point: 'a', accuracyClass: written }])[0]?.accuracyClass, expected);
  }
  for (const written of [3, '1.0', true]) {
    t.notOk(v.safeParse(pointsConfig, [{ point: 'a', accuracyClass: written }]).success, String(written));
  }
  t.end();
});
