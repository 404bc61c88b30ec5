import { readdirSync, readlinkSync } from 'node:fs';
import type { Reading } from '@wattmark/shared/messages';
import { pino } from 'pino';
import type { Test } from 'tap';
import * as v from 'valibot';
import { realClock } from '../support/real-clock.ts';
import { surroundings } from '../support/surroundings.ts';
import { type Sample, type Source, type SourceContext, SourceError, type SourceModule } from '../../src/source.ts';

export const context: SourceContext = {
  ...surroundings(realClock),
  log: pino({ level: 'silent' }),
  intervalMs: 1000,
};

/** Opens a source as the agent does: its configuration goes through its schema first. */
export async function openSource(module: SourceModule, config: object): Promise<Source> {
  return module.open(v.parse(module.schema, config), context);
}

/** One tick, under a deadline as the sampler sets it; a failure is handed back, not thrown. */
export async function tick(source: Source, deadlineMs = 800): Promise<Sample | SourceError> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), deadlineMs);
  try {
    return await source.read(deadline.signal);
  } catch (error) {
    if (error instanceof SourceError) return error;
    throw new Error('a source threw something else than a SourceError', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** What the device says: a first one, another one that took its place, or one with values that cannot be. */
export type Device = 'first' | 'other' | 'impossible';

/** A source and a device that the suite can put through everything that happens to devices. */
export interface Bench {
  open(): Promise<Source>;
  /** A source that names a unit, community or root that the device does not have. */
  openWrong(): Promise<Source>;
  readonly wrong: RegExp;
  /** Takes the device away and starts it as another one; returns once it can answer. */
  restartAs(device: Device): Promise<void>;
  behave(behaviour: 'well' | 'silent' | 'garbage' | 'slow'): void;
  /** Makes the device say what it has to say, where it speaks without being asked; before each tick. */
  speak?(): Promise<void>;
  readonly readings: Readonly<Record<'first' | 'other', readonly Reading[]>>;
}

/** What every source must withstand, whatever it reads. */
export function conformance(t: Test, bench: Bench): void {
  const look = async (source: Source): Promise<Sample | SourceError> => {
    await bench.speak?.();
    const outcome = await tick(source);
    return outcome instanceof SourceError ? outcome : undated(outcome);
  };
  /** The first tick after a change may be the one that notices it. */
  const settle = look;
  t.afterEach(async () => {
    bench.behave('well');
    await bench.restartAs('first');
  });
  const check = (name: string, body: (t: Test, source: Source) => Promise<void>) =>
    t.test(name, async (t) => {
      const source = await bench.open();
      t.teardown(() => source.close());
      await body(t, source);
    });

  check('reads what the device says, again and again', async (t, source) => {
    for (let i = 0; i < 3; i++) t.match(await look(source), { readings: bench.readings.first });
  });

  for (const behaviour of ['silent', 'garbage', 'slow'] as const) {
    check(`${behaviour}: no reading, then readings again`, async (t, source) => {
      t.match(await look(source), { readings: bench.readings.first });
      bench.behave(behaviour);
      for (let i = 0; i < 4; i++) {
        const outcome = await look(source);
        if (outcome instanceof SourceError) t.match(outcome.kind, /^(retry|absent)$/);
        else t.same(outcome.readings, [], 'nothing is made up');
      }
      bench.behave('well');
      await settle(source);
      t.match(await look(source), { readings: bench.readings.first });
    });
  }

  check('gives up at once when its tick is over', async (t, source) => {
    bench.behave('silent');
    const abort = new AbortController();
    const reading = source.read(abort.signal);
    const started = performance.now();
    setImmediate(() => abort.abort());
    await t.rejects(reading, { name: 'SourceError', kind: 'retry' });
    t.ok(performance.now() - started < 100, 'within 100 ms');
    await t.rejects(source.read(abort.signal), { name: 'SourceError', kind: 'retry' }, 'and before it begins');
  });

  check('a device that restarts between ticks', async (t, source) => {
    await look(source);
    await bench.restartAs('first');
    await settle(source);
    t.match(await look(source), { readings: bench.readings.first });
  });

  check('a device that is replaced by another', async (t, source) => {
    await look(source);
    await bench.restartAs('other');
    await settle(source);
    t.match(await look(source), { readings: bench.readings.other });
  });

  check('values that cannot be are no data, with the reason', async (t, source) => {
    await bench.restartAs('impossible');
    await settle(source);
    const outcome = (await look(source)) as Sample;
    t.same(
      outcome.readings.filter(([, channel]) => channel === 'power'),
      [],
    );
    const missing = outcome.noData.filter((item) => item.channel === 'power');
    t.ok(missing.length > 0 && missing.every((item) => item.reason !== ''), missing[0]?.reason ?? 'no power');
  });

  t.test('a wrong unit, community or root says so', async (t) => {
    const source = await bench.openWrong();
    t.teardown(() => source.close());
    t.match(await look(source), { name: 'SourceError', kind: 'absent', message: bench.wrong });
  });

  t.test('holds nothing after close, and no more after many ticks', async (t) => {
    const before = held();
    const source = await bench.open();
    const warnings: Error[] = [];
    const warn = (warning: Error) => warnings.push(warning);
    process.on('warning', warn);
    t.teardown(() => process.off('warning', warn));
    const { signal } = new AbortController();
    const readMany = async () => {
      for (let i = 0; i < 50; i++) {
        await bench.speak?.();
        await source.read(signal);
      }
    };
    await readMany();
    const during = held();
    await readMany();
    t.ok((await settleAt(during)) <= during, 'no more after 100 ticks than after 50');
    t.same(warnings, [], 'no listener is left on the signal');
    await source.close();
    t.ok((await settleAt(before)) <= before, 'nothing after close');
  });
}

function undated({ readings, dated = [], noData }: Sample): Sample {
  return { readings: [...dated.flatMap((one) => one.readings), ...readings], noData };
}

/** Sockets of this process, those that do not keep it alive included, and its timers. */
function held(): number {
  const sockets = readdirSync('/proc/self/fd').filter((fd) => isSocket(`/proc/self/fd/${fd}`));
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout');
  return sockets.length + timers.length;
}

function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith('socket:');
  } catch {
    return false;
  }
}

/** Lets closed sockets go on both ends, of which the other may be another process: two seconds at most. */
async function settleAt(count: number): Promise<number> {
  for (let turn = 0; turn < 200 && held() > count; turn++) await new Promise((resolve) => setTimeout(resolve, 10));
  return held();
}
