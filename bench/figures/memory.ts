import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure, Outcome } from '../figure.ts';
import { BenchCollector } from '../rig/collector.ts';
import { startMosquitto } from '../rig/mosquitto.ts';
import { Publishing } from '../rig/publishing.ts';
import { median, slope } from '../rig/statistics.ts';

const MIB = 1_048_576;
const DEFAULT_MINUTES = 3;
const WARM_UP_MINUTES = 1;

/** A slope is judged over this time at least: minutes, quarter-hours and snapshots make memory rise and fall. */
const JUDGED_MINUTES = 10;

export const memory: Figure = {
  name: 'memory',
  about:
    'Resident memory of the collector with 100,000 points of 1,000 sites at 10 s: the highest of a sample a second, and ' +
    `how it grows after the first minute (judged with --minutes ${JUDGED_MINUTES}). ` +
    'The limit is the same collector before it has any point.',
  minutes: ({ minutes }) => (minutes ?? DEFAULT_MINUTES) + WARM_UP_MINUTES + 1,
  async run(room, options): Promise<readonly Outcome[]> {
    const minutes = options.minutes ?? DEFAULT_MINUTES;
    const broker = await startMosquitto(room);
    const collector = await BenchCollector.start(room, { data: 'data', brokerUrl: broker.url });
    await sleep(3_000);
    const idleBytes = collector.child.rssBytes();
    const seconds = (WARM_UP_MINUTES + minutes) * 60;
    const load = { url: broker.url, agents: 1_000, points: 100, everyMs: 10_000, seconds };
    const publishing = await Publishing.start(room, load);
    const samples: (readonly [minute: number, mib: number])[] = [];
    const cpuMs = collector.child.cpuMs();
    for (let second = 0; second < seconds; second++) {
      await sleep(1_000);
      samples.push([second / 60, collector.child.rssBytes() / MIB]);
      if (second % 60 === 59) room.say(minuteOf(samples));
    }
    const core = (collector.child.cpuMs() - cpuMs) / (seconds * 10);
    await publishing.done;
    const settled = samples.filter(([minute]) => minute >= WARM_UP_MINUTES);
    const limit = { what: 'without a point', value: idleBytes / MIB };
    return [
      {
        what: 'collector memory, highest',
        value: Math.max(...samples.map(([, mib]) => mib)),
        unit: 'MiB',
        required: { atMost: 400 },
        limit,
      },
      {
        what: 'collector memory, median',
        value: median(settled.map(([, mib]) => mib)),
        unit: 'MiB',
        required: null,
        limit,
      },
      {
        what: 'collector memory, growth',
        value: slope(settled),
        unit: 'MiB/min',
        required: minutes >= JUDGED_MINUTES ? { atMost: 2 } : null,
        limit: null,
      },
      { what: 'collector processor time at this load', value: core, unit: '% of a core', required: null, limit: null },
    ];
  },
};

function minuteOf(samples: readonly (readonly [number, number])[]): string {
  const mibs = samples.slice(-60).map(([, mib]) => mib);
  return `minute ${samples.length / 60}: ${Math.min(...mibs).toFixed(0)} to ${Math.max(...mibs).toFixed(0)} MiB`;
}
