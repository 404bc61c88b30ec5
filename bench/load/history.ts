import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createLogger } from '@wattmark/shared/logger';
import { Ingest } from '../../collector/src/ingest/ingest.ts';
import { LiveFigures } from '../../collector/src/live-figures.ts';
import { Pipeline } from '../../collector/src/pipeline.ts';
import { Recorder } from '../../collector/src/recorder.ts';
import { refoldLog } from '../../collector/src/restatement/refold-log.ts';
import { catchUp, evidenceDirectory, restore } from '../../collector/src/restore.ts';
import { declarations } from './load-agent.ts';

/**
 * Fills a data directory as a collector would that had run for the given time up to now: messages go through its own pipeline,
 * only faster. What stays is the first snapshot, so that all of the time lies after it; `latest.bin` beside it is the last one.
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '' },
    sites: { type: 'string', default: '1000' },
    points: { type: 'string', default: '100' },
    'it-points': { type: 'string', default: '1' },
    minutes: { type: 'string', default: '60' },
  },
});
const TICK_MS = 10_000;
const MINUTE_MS = 60_000;
const [sites, points, minutes] = [Number(values.sites), Number(values.points), Number(values.minutes)];
const snapshot = join(values.data, 'snapshot.bin');
const first = join(values.data, 'first.bin');

let nowMs = Math.floor(Date.now() / MINUTE_MS - minutes - 2) * MINUTE_MS;
const log = createLogger('history', 'error');
const restored = await restore(values.data, log);
const recorder = new Recorder({ ...restored, directory: values.data, log });
const restater = { directory: evidenceDirectory(values.data), refold: refoldLog };
await catchUp(restored, recorder, restater);
const { evidence, fold, store } = restored;
const now = (): number => nowMs;
const ingest = new Ingest(fold);
const live = new LiveFigures(fold, now);
const pipeline = new Pipeline({ evidence, fold, ingest, recorder, restater, live, log, now });

for (let site = 0; site < sites; site++) await send(site, 'birth', birth());
for (let seq = 1; seq <= minutes * 6 + 6; seq++) {
  nowMs += TICK_MS;
  for (let site = 0; site < sites; site++) await send(site, 'readings', readings(site, seq));
  if (seq % 6 === 0) pipeline.tick();
  await pipeline.idle();
  while (recorder.depth > 1) await new Promise((resolve) => setTimeout(resolve, 5));
  if (seq === 6) await keepFirstSnapshot();
}
recorder.stop();
pipeline.tick();
await pipeline.idle();
await stored();
copyFileSync(snapshot, join(values.data, 'latest.bin'));
renameSync(first, snapshot);
await store.close();
await evidence.close();
console.log(JSON.stringify({ bytes: evidence.bytes, readings: ingest.counters.readings }));

async function keepFirstSnapshot(): Promise<void> {
  await stored();
  copyFileSync(snapshot, first);
}

async function stored(): Promise<void> {
  while (recorder.depth > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  // The snapshot follows the batch that brought it.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
}

async function send(site: number, leaf: 'birth' | 'readings', text: string): Promise<void> {
  const topic = `wattmark/v1/default/site-${site}/agent-${site}/${leaf}`;
  await pipeline.receive({ topic, payload: Buffer.from(text), retained: false });
}

function birth(): string {
  return JSON.stringify({
    v: 1,
    epoch: 'E1',
    firstSeq: 1,
    at: nowMs,
    software: 'bench',
    points: declarations(points, TICK_MS, Number(values['it-points'])),
  });
}

/** As good as random, and the same in every run: what follows a pattern would take less on disk than meters' readings do. */
function noise(site: number, point: number, seq: number): number {
  const mixed = Math.imul(site * 1_000_003 + point * 7_919 + seq, 0x9e37_79b1);
  return Math.imul(mixed ^ (mixed >>> 15), 0x85eb_ca6b) >>> 8;
}

function readings(site: number, seq: number): string {
  const powerW = (point: number): number => 300 + (noise(site, point, seq) % 500) / 10;
  const list = Array.from({ length: points }, (_, point) => `["point-${point}","power",${powerW(point)}]`);
  return `{"v":1,"epoch":"E1","seq":${seq},"at":${nowMs},"readings":[${list.join(',')}]}`;
}
