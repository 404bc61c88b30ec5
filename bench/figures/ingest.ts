import { freePort } from '../../shared/test/free-port.ts';
import type { Figure, Outcome } from '../figure.ts';
import { BenchCollector } from '../rig/collector.ts';
import { startMosquitto } from '../rig/mosquitto.ts';
import { acknowledgedPerSecond, Publishing } from '../rig/publishing.ts';
import type { Room } from '../rig/room.ts';
import { median } from '../rig/statistics.ts';

const READINGS = 10;
const REQUIRED = 100_000;
const ROUNDS = 3;
const SECONDS = 14;
const NULL_SECONDS = 10;
const WARM_UP_MS = 3_000;

export const ingest: Figure = {
  name: 'ingest',
  about:
    'Readings a second through mosquitto, in messages of 10, durable before acknowledged, accounted and stored; and its ' +
    'share of what a subscriber reaches that parses, sums and drops. Both in turns, with the same publisher and its windows: ' +
    'the null subscriber acknowledges, too.',
  minutes: () => 2,
  async run(room): Promise<readonly Outcome[]> {
    const nothing: number[] = [];
    const collector: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const broker = await startMosquitto(room);
      nothing.push(await nullRound(room, ['--url', broker.url], broker.url));
      collector.push(await collectorRound(room, `data-${round}`, broker.url));
      await broker.child.stop();
      room.say(`round ${round}: null subscriber ${count(nothing)}, collector ${count(collector)} readings/s`);
    }
    return [
      outcomeOf('ingest through mosquitto', median(collector), 'null subscriber', median(nothing)),
      {
        what: 'ingest: share of a null subscriber',
        value: median(collector) / median(nothing),
        unit: '',
        required: { atLeast: 0.35 },
        limit: null,
      },
    ];
  },
};

export const embeddedIngest: Figure = {
  name: 'embedded',
  about:
    'The same through the embedded broker; the limit is an aedes whose one subscriber parses, sums, drops and acknowledges.',
  minutes: () => 2,
  async run(room): Promise<readonly Outcome[]> {
    const nothing: number[] = [];
    const collector: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const port = await freePort();
      nothing.push(await nullRound(room, ['--port', String(port)], `mqtt://127.0.0.1:${port}`));
      collector.push(await collectorRound(room, `data-${round}`, null));
      room.say(`round ${round}: null broker ${count(nothing)}, collector ${count(collector)} readings/s`);
    }
    return [outcomeOf('ingest through the embedded broker', median(collector), 'null broker', median(nothing))];
  },
};

function outcomeOf(what: string, value: number, limitOf: string, limit: number): Outcome {
  return { what, value, unit: 'readings/s', required: { atLeast: REQUIRED }, limit: { what: limitOf, value: limit } };
}

function count(rates: readonly number[]): string {
  return Math.round(rates.at(-1) ?? Number.NaN).toLocaleString('en');
}

/** Readings a second that something takes which only parses. */
async function nullRound(room: Room, args: readonly string[], url: string): Promise<number> {
  const nothing = room.startLoad('null-collector', args);
  await nothing.expect((line) => (line === 'ready' ? line : null), 20_000);
  const publishing = await publish(room, url, NULL_SECONDS);
  const rate = acknowledgedPerSecond(await publishing.done, WARM_UP_MS) * READINGS;
  await nothing.stop();
  return rate;
}

/** Readings a second that the collector takes. @throws Error where any is missing in the end. */
export async function collectorRound(
  room: Room,
  data: string,
  brokerUrl: string | null,
  config: Readonly<Record<string, unknown>> = {},
): Promise<number> {
  const collector = await BenchCollector.start(room, { data, brokerUrl, config });
  const publishing = await publish(room, collector.brokerUrl, SECONDS);
  const progress = await publishing.done;
  const behindMs = await collector.stored();
  const accounted = await collector.metric('readings_total');
  const sent = (progress.at(-1)?.sent ?? 0) * READINGS;
  if (accounted !== sent) throw new Error(`${accounted} of ${sent} readings were accounted`);
  if (behindMs > 1_000) room.say(`the store was ${(behindMs / 1000).toFixed(1)} s behind in the end`);
  await collector.child.stop();
  return acknowledgedPerSecond(progress, WARM_UP_MS) * READINGS;
}

function publish(room: Room, url: string, seconds: number): Promise<Publishing> {
  return Publishing.start(room, { url, agents: 50, points: READINGS, everyMs: 0, seconds });
}
