import type { Figure, Outcome } from '../figure.ts';
import { BenchCollector } from '../rig/collector.ts';
import type { Room } from '../rig/room.ts';
import { median, quantile } from '../rig/statistics.ts';

const FLEET = 100;
const POINTS = 100;
const QUESTIONS = 100;
const WARM_UP = 5;
const FILL_WITHIN_MS = 5 * 60_000;
const REQUIRED_MS = 50;

export const year: Figure = {
  name: 'year',
  about:
    'The answer to a year of days for one site of 100 points, as a client of the API sees it, from a store of that ' +
    'site alone, and from one of 100 sites. The limit is the store’s own answer, without API.',
  minutes: () => 4,
  async run(room): Promise<readonly Outcome[]> {
    const alone = await measure(room, 1);
    const fleet = await measure(room, FLEET);
    const required = { atMost: REQUIRED_MS };
    const limit = { what: 'the store alone, median', value: alone.storeMs };
    return [
      { what: 'a year of a site’s days, median', value: median(alone.siteMs), unit: 'ms', required, limit },
      { what: 'a year of a site’s days, p95', value: quantile(alone.siteMs, 0.95), unit: 'ms', required: null, limit },
      {
        what: 'a year of a point’s days, median',
        value: median(alone.pointMs),
        unit: 'ms',
        required: null,
        limit: null,
      },
      {
        what: `a year of one of ${FLEET} sites’ days, median`,
        value: median(fleet.siteMs),
        unit: 'ms',
        required: null,
        limit: { what: 'the store alone, median', value: fleet.storeMs },
      },
    ];
  },
};

interface Answers {
  readonly siteMs: readonly number[];
  readonly pointMs: readonly number[];
  readonly storeMs: number;
}

/** Fills a store with a year of so many sites, and asks a collector that has it for the first one's days. */
async function measure(room: Room, sites: number): Promise<Answers> {
  const name = `data-${sites}`;
  const size = ['--data', room.path(name), '--sites', `${sites}`, '--points', `${POINTS}`];
  const known = room.startLoad('history', [...size, '--minutes', '2']);
  await known.expect((line) => (line.startsWith('{') ? line : null), FILL_WITHIN_MS);
  await known.ended;
  const filling = room.startLoad('year', size);
  const filled = await filling.expect((line) => (line.startsWith('{') ? JSON.parse(line) : null), FILL_WITHIN_MS);
  await filling.ended;
  const collector = await BenchCollector.start(room, { data: name, brokerUrl: null });
  const range = `from=${filled.from}&to=${filled.to}&step=P1D`;
  const siteMs = await ask(`${collector.url}/api/v1/sites/site-0/series?${range}`);
  const pointMs = await ask(`${collector.url}/api/v1/points/site-0/point-7/series?${range}`);
  await collector.child.stop();
  return { siteMs, pointMs, storeMs: filled.storeMs };
}

/** Times of complete answers, ms. @throws Error where an answer is not a year of days. */
async function ask(url: string): Promise<number[]> {
  const answersMs: number[] = [];
  for (let question = 0; question < WARM_UP + QUESTIONS; question++) {
    const startMs = performance.now();
    const answer = await fetch(url);
    const text = await answer.text();
    const elapsedMs = performance.now() - startMs;
    if (question >= WARM_UP) answersMs.push(elapsedMs);
    const { intervals } = JSON.parse(text) as {
      intervals?: readonly { totalWh?: number | null; energyWh?: number | null }[];
    };
    const days = intervals?.filter(({ totalWh, energyWh }) => (totalWh ?? energyWh) != null).length;
    if (!answer.ok || days !== 365) throw new Error(`${url}: ${answer.status}, ${days} days: ${text.slice(0, 300)}`);
  }
  return answersMs;
}
