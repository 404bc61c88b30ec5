import t from 'tap';
import { requireProgram } from '../../../shared/test/program.ts';
import type { Api } from '../../src/api/contract.ts';
import { Influxd } from '../support/influx.ts';
import { scratch } from '../support/rig.ts';
import { Fed, questions } from './two-collectors.ts';

const program = requireProgram(t, 'influxd');

/** Routes that no store has anything to do with. */
const elsewhere = ['/', '/docs', '/healthz', '/metrics', '/openapi.json', '/api/v1/live'];

async function ask(api: Api, url: string): Promise<string> {
  const answer = await api.inject({ url });
  return `${answer.statusCode} ${answer.body}`;
}

async function correctionsOf(api: Api): Promise<string[]> {
  const base = '/api/v1/sites/dc-1/corrections';
  const made = JSON.parse((await api.inject({ url: base })).body) as { corrections: { id: string }[] };
  return made.corrections.map(({ id }) => `${base}/${id}`);
}

if (program !== null) {
  t.test(
    'the same history gives the same answers from each store, whenever they are as of',
    { timeout: 300_000 },
    async (t) => {
      const influxd = await Influxd.start(t, program);
      const embedded = await Fed.open(scratch(t), null);
      const influx = await Fed.open(scratch(t), await influxd.database('wattmark'));
      for (const fed of [embedded, influx]) {
        await fed.feed(async (hour) => {
          if (Math.floor(hour) === 20) await fed.restart();
        });
      }
      const [one, other] = [embedded.api(), influx.api()];
      const asked = [...questions(), ...(await correctionsOf(one))];
      for (const url of asked) {
        const answer = await ask(one, url);
        t.ok(answer.startsWith('200 '), url);
        t.equal(await ask(other, url), answer, url);
      }
      const { paths } = JSON.parse((await one.inject({ url: '/openapi.json' })).body) as {
        paths: Record<string, object>;
      };
      const routes = asked.map((url) => url.split('?')[0] ?? '');
      for (const [path, methods] of Object.entries(paths)) {
        if (!('get' in methods) || elsewhere.includes(path)) continue;
        const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[\\w-]+')}$`);
        t.ok(
          routes.some((url) => pattern.test(url)),
          `${path} is asked`,
        );
      }
      for (const fed of [embedded, influx]) await fed.rig.close();
      for (const api of [one, other]) await api.close();
    },
  );
}
