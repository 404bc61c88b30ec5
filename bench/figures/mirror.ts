import type { Figure, Outcome } from '../figure.ts';
import { BenchCollector } from '../rig/collector.ts';
import { BenchInfluxd } from '../rig/influxd.ts';
import { startMosquitto } from '../rig/mosquitto.ts';
import { acknowledgedPerSecond, Publishing } from '../rig/publishing.ts';
import type { Room } from '../rig/room.ts';
import { median } from '../rig/statistics.ts';

const READINGS = 10;
const ROUNDS = 3;
const SECONDS = 14;
const WARM_UP_MS = 3_000;

export const mirror: Figure = {
  name: 'mirror',
  about:
    'Readings a second through mosquitto with an InfluxDB 1.x as mirror on the same machine, and its share of what the ' +
    'collector takes without one, in turns. The mirror must have everything in the end.',
  minutes: () => 3,
  async run(room): Promise<readonly Outcome[]> {
    const alone: number[] = [];
    const mirrored: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const broker = await startMosquitto(room);
      alone.push(await roundWithout(room, `alone-${round}`, broker.url));
      mirrored.push(await roundWith(room, `mirrored-${round}`, broker.url));
      await broker.child.stop();
      room.say(`round ${round}: alone ${count(alone)}, with a mirror ${count(mirrored)} readings/s`);
    }
    return [
      {
        what: 'ingest with a mirror',
        value: median(mirrored),
        unit: 'readings/s',
        required: null,
        limit: { what: 'without a mirror', value: median(alone) },
      },
      {
        what: 'ingest with a mirror: share of that without',
        value: median(mirrored) / median(alone),
        unit: '',
        required: { atLeast: 0.8 },
        limit: null,
      },
    ];
  },
};

async function roundWithout(room: Room, data: string, brokerUrl: string): Promise<number> {
  const collector = await BenchCollector.start(room, { data, brokerUrl });
  const rate = await publish(room, collector);
  await collector.child.stop();
  return rate;
}

async function roundWith(room: Room, data: string, brokerUrl: string): Promise<number> {
  const influxd = await BenchInfluxd.start(room, `influxd-${data}`);
  const config = { mirror: [{ name: 'bench', version: 1, url: influxd.url }] };
  const collector = await BenchCollector.start(room, { data, brokerUrl, config });
  const rate = await publish(room, collector);
  const startMs = performance.now();
  const { sentLines } = await collector.mirrored();
  const rows = await influxd.query('SELECT count(energy_wh) FROM wattmark_point_1m', 'wattmark_minutes');
  room.say(
    `${sentLines} lines mirrored, ${((performance.now() - startMs) / 1000).toFixed(1)} s after the last message; ` +
      `${rows} minutes of points; processor time ${(collector.child.cpuMs() / 1000).toFixed(1)} s of the collector, ` +
      `${(influxd.cpuMs / 1000).toFixed(1)} s of influxd`,
  );
  if (rows === 0) throw new Error('nothing was mirrored');
  await collector.child.stop();
  await influxd.stop();
  return rate;
}

/** Readings a second. @throws Error where any is missing in the end. */
async function publish(room: Room, collector: BenchCollector): Promise<number> {
  const { brokerUrl: url } = collector;
  const publishing = await Publishing.start(room, { url, agents: 50, points: READINGS, everyMs: 0, seconds: SECONDS });
  const progress = await publishing.done;
  await collector.stored();
  const accounted = await collector.metric('readings_total');
  const sent = (progress.at(-1)?.sent ?? 0) * READINGS;
  if (accounted !== sent) throw new Error(`${accounted} of ${sent} readings were accounted`);
  return acknowledgedPerSecond(progress, WARM_UP_MS) * READINGS;
}

function count(rates: readonly number[]): string {
  return Math.round(rates.at(-1) ?? Number.NaN).toLocaleString('en');
}
