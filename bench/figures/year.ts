import type { Figure, Outcome } from '../figure.ts';
import { BenchCollector } from '../rig/collector.ts';
import type { Room } from '../rig/room.ts';
import { median, quantile } from '../rig/statistics.ts';
import { fillYear, timesOf } from '../rig/year.ts';

const FLEET = 100;
const POINTS = 100;
const QUESTIONS = 100;
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
  const year = await fillYear(room, { sites, points: POINTS, itPoints: 1 });
  const collector = await BenchCollector.start(room, { data: year.data, brokerUrl: null });
  const range = `from=${year.from}&to=${year.to}&step=P1D`;
  const siteMs = await ask(`${collector.url}/api/v1/sites/site-0/series?${range}`);
  const pointMs = await ask(`${collector.url}/api/v1/points/site-0/point-7/series?${range}`);
  await collector.child.stop();
  return { siteMs, pointMs, storeMs: year.storeMs };
}

/** Times of complete answers, ms. @throws Error where an answer is not a year of days. */
function ask(url: string): Promise<number[]> {
  return timesOf(url, QUESTIONS, (answer) => {
    const { intervals } = answer as { intervals?: readonly { totalWh?: number | null; energyWh?: number | null }[] };
    const days = intervals?.filter(({ totalWh, energyWh }) => (totalWh ?? energyWh) != null).length;
    return days === 365 ? null : `${days} days`;
  });
}
