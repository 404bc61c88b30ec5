import t from 'tap';
import { auditAnswer, auditedKpis } from '../../../dashboards/test/fixture-audit.ts';
import {
  agentsAt,
  intervalsOf,
  itLevel,
  kpisOf,
  liveOf,
  pointsOf,
  sitesAt,
} from '../../../dashboards/test/fixture-data.ts';
import { FakeFigures, NOW_MS } from './fake-figures.ts';
import { apiOf } from './serve.ts';

/** As much of a JSON schema as the answers of the API are described by. */
interface Schema {
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
}

/** Paths of what an answer has and the schema does not know. */
function unknownKeys(value: unknown, schema: Schema | undefined, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (schema === undefined) return [path];
  const { anyOf, items, properties, additionalProperties } = schema;
  if (additionalProperties === true) return [];
  if (anyOf !== undefined) {
    const found = anyOf.map((one) => unknownKeys(value, one, path));
    return found.reduce((least, one) => (one.length < least.length ? one : least));
  }
  if (Array.isArray(value)) return [...new Set(value.flatMap((item) => unknownKeys(item, items, `${path}[]`)))];
  const ofAny = additionalProperties === false ? undefined : additionalProperties;
  return Object.entries(value).flatMap(([key, of]) => {
    const own = properties?.[key] ?? ofAny;
    return own === undefined ? [`${path}.${key}`] : unknownKeys(of, own, `${path}.${key}`);
  });
}

t.test('all that the page is shown in its tests are answers that the collector could give', async (t) => {
  const { paths } = (await apiOf(t, new FakeFigures()).inject('/openapi.json')).json();
  const check = (route: string, answer: unknown): void => {
    const schema = paths[`/api/v1/${route}`].get.responses['200'].content['application/json'].schema;
    t.same(unknownKeys(answer, schema, route), []);
  };
  const query = new URLSearchParams({ period: '2026-10' });
  const audit = (leaf: string): unknown => auditAnswer('dc-1', leaf, query);
  check('sites', sitesAt(NOW_MS));
  check('agents', agentsAt(NOW_MS));
  for (const site of ['dc-1', 'bs-0417']) {
    check('sites/{site}/live', liveOf(site, NOW_MS));
    check('sites/{site}/points', pointsOf(site, NOW_MS));
    check('sites/{site}/kpis', kpisOf(site, 'this-month'));
    check('sites/{site}/kpis', auditedKpis(site, query));
    const intervals = intervalsOf(site, 'PT1H', NOW_MS - 86_400_000, NOW_MS, NOW_MS);
    check('sites/{site}/series', { intervals, itLevel });
  }
  for (const leaf of ['kpis/explain', 'figures', 'findings', 'corrections', 'changes'])
    check(`sites/{site}/${leaf}`, audit(leaf));
  check('sites/{site}/changes', auditAnswer('dc-1', 'changes', new URLSearchParams({ against: 'target' })));
  check('sites/{site}/corrections/{id}', audit('corrections/118'));
});
