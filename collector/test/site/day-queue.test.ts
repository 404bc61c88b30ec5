import t from 'tap';
import { DayQueue, type ZoneProgress } from '../../src/site/day-queue.ts';
import type { Site } from '../../src/site/site.ts';
import { point, site, T0 } from './example.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

function fleet(count: number, pointsEach: number, timezoneOf: (siteId: number) => string = () => 'UTC'): Site[] {
  return Array.from({ length: count }, (_, siteId) =>
    site(
      Array.from({ length: pointsEach }, (_, index) => point(siteId * pointsEach + index, 'it')),
      { siteId, timezone: timezoneOf(siteId) },
    ),
  );
}

t.test('a new zone begins with the day that is', async (t) => {
  const sites = fleet(2, 1, (siteId) => (siteId === 0 ? 'UTC' : 'Asia/Shanghai'));
  const queue = new DayQueue([]).withZonesOf(sites, T0 + 17 * HOUR_MS);
  t.same(queue.state(), [
    { timezone: 'Asia/Shanghai', dayMs: T0 + 16 * HOUR_MS, nextSiteId: 0 },
    { timezone: 'UTC', dayMs: T0, nextSiteId: 0 },
  ]);
  t.equal(queue.passedMs('UTC'), T0);
  t.equal(queue.passedMs('Europe/Berlin'), null);
  t.same(queue.withZonesOf(sites.slice(0, 1), T0 + 9 * DAY_MS).state(), [
    { timezone: 'UTC', dayMs: T0, nextSiteId: 0 },
  ]);
});

t.test('nothing is due before the day has ended, and then every site once', async (t) => {
  const sites = fleet(3, 2);
  const queue = new DayQueue([]).withZonesOf(sites, T0);
  t.same(queue.advance(sites, T0 + DAY_MS - 1).due, []);
  const { queue: next, due } = queue.advance(sites, T0 + DAY_MS);
  t.same(
    due.map(({ siteId, pointIds }) => [siteId, pointIds]),
    [
      [0, [0, 1]],
      [1, [2, 3]],
      [2, [4, 5]],
    ],
  );
  t.same(due[0]?.span, { fromMs: T0, toMs: T0 + DAY_MS });
  t.same(next.state(), [{ timezone: 'UTC', dayMs: T0 + DAY_MS, nextSiteId: 0 }]);
  t.same(next.advance(sites, T0 + DAY_MS).due, []);
  t.same(queue.advance(fleet(1, 0), T0 + DAY_MS).due, [], 'a site without points has no days');
  t.same(queue.advance(fleet(1, 1), T0 + DAY_MS).due.length, 1);
});

t.test('midnight in a fleet is spread over batches of bounded size, and no site is left out', async (t) => {
  const sites = fleet(1_000, 10);
  let queue = new DayQueue([]).withZonesOf(sites, T0);
  const seen: number[] = [];
  for (let batch = 0; batch < 5; batch++) {
    const state = JSON.parse(JSON.stringify(queue.state())) as ZoneProgress[];
    const step = new DayQueue(state).advance(sites, T0 + DAY_MS);
    t.ok(step.due.reduce((points, { pointIds }) => points + pointIds.length, 0) <= 2_500);
    seen.push(...step.due.map(({ siteId }) => siteId));
    queue = step.queue;
  }
  t.same(seen, [...sites.keys()]);
  t.equal(queue.passedMs('UTC'), T0 + DAY_MS);
});

t.test('days that were missed are made up for, the oldest first in whichever zone', async (t) => {
  const sites = fleet(2, 1_000, (siteId) => (siteId === 0 ? 'UTC' : 'Asia/Shanghai'));
  let queue = new DayQueue([]).withZonesOf(sites, T0 + HOUR_MS);
  const made: [number, number][] = [];
  for (let batch = 0; batch < 4; batch++) {
    const step = queue.advance(sites, T0 + 3 * DAY_MS);
    made.push(...step.due.map(({ siteId, span }): [number, number] => [siteId, (span.fromMs - T0) / HOUR_MS]));
    queue = step.queue;
  }
  t.same(made, [
    [1, -8],
    [0, 0],
    [1, 16],
    [0, 24],
    [1, 40],
    [0, 48],
  ]);
});

t.test('zones come and go with their sites, and one begins anew', async (t) => {
  const [utc, shanghai] = fleet(2, 1, (siteId) => (siteId === 0 ? 'UTC' : 'Asia/Shanghai')) as [Site, Site];
  const queue = new DayQueue([]).withZonesOf([utc], T0);
  t.equal(queue.withZonesOf([utc], T0 + 9 * DAY_MS), queue);
  t.same(queue.withZonesOf([shanghai], T0 + 9 * DAY_MS).state(), [
    { timezone: 'Asia/Shanghai', dayMs: T0 + 8 * DAY_MS + 16 * HOUR_MS, nextSiteId: 0 },
  ]);
  t.same(new DayQueue([]).advance([utc], T0 + DAY_MS).due, [], 'without zones nothing is due');
});

t.test('of two zones whose day began at the same instant the first by its name has its turn', async (t) => {
  for (const [first, second] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const zones = ['Etc/GMT', 'UTC'];
    const sites = fleet(2, 2_500, (siteId) => zones[siteId === 0 ? first : second] as string);
    const { due } = new DayQueue([]).withZonesOf(sites, T0).advance(sites, T0 + DAY_MS);
    t.same(
      due.map(({ siteId }) => siteId),
      [first],
    );
  }
});

t.test('a portion is full with its last point or site', async (t) => {
  const portion = (pointsEach: number): number[] => {
    const sites = fleet(3, pointsEach);
    return new DayQueue([])
      .withZonesOf(sites, T0)
      .advance(sites, T0 + DAY_MS)
      .due.map(({ siteId }) => siteId);
  };
  t.same(portion(1_248), [0, 1, 2], 'two sites and their points are 2,498');
  t.same(portion(1_249), [0, 1], 'and 2,500');
});

t.test('a site with more points than a batch makes is made in one go all the same', async (t) => {
  const sites = fleet(2, 4_000);
  const first = new DayQueue([]).withZonesOf(sites, T0).advance(sites, T0 + DAY_MS);
  t.same(
    first.due.map(({ siteId }) => siteId),
    [0],
  );
  t.same(
    first.queue.advance(sites, T0 + DAY_MS).due.map(({ siteId }) => siteId),
    [1],
  );
});
