import { createLogger } from '@wattmark/shared/logger';
import t from 'tap';
import { requireProgram } from '../../../shared/test/program.ts';
import type { InfluxTarget } from '../../src/influx/client.ts';
import { openInfluxStore } from '../../src/influx/store.ts';
import type { Store } from '../../src/store/store.ts';
import { conformsToStore } from '../store/conformance.ts';
import { Influxd } from '../support/influx.ts';
import { V2Front } from '../support/influx-v2.ts';
import { knownOf } from './known.ts';

const program = requireProgram(t, 'influxd');
const known = knownOf(25_000);
const log = createLogger('test', 'silent');

const open = (target: InfluxTarget): Promise<Store> =>
  openInfluxStore({ target, known: () => known, log, release: async () => {} });

if (program !== null) {
  const influxd = await Influxd.start(t, program);
  let databases = 0;
  const fresh = (): Promise<InfluxTarget> => influxd.database(`db${++databases}`);

  t.test('InfluxDB 1.6', async (t) => {
    conformsToStore(t, async () => open(await fresh()));
  });

  t.test('the API of version 2, in front of InfluxDB 1.6', async (t) => {
    const front = await V2Front.open(t, influxd);
    conformsToStore(t, async () => open(front.target((await fresh()).database)));
  });
}
