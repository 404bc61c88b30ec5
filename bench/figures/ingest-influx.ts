import { findProgram } from '../../shared/test/program.ts';
import { Influxd } from '../../collector/test/support/influx.ts';
import type { Figure, Outcome } from '../figure.ts';
import { startMosquitto } from '../rig/mosquitto.ts';
import { median } from '../rig/statistics.ts';
import { collectorRound } from './ingest.ts';

const REQUIRED = 50_000;
const ROUNDS = 3;

export const ingestInflux: Figure = {
  name: 'ingest-influx',
  about:
    'Readings a second through mosquitto into a collector whose store is InfluxDB 1.6 on the same machine, durable before ' +
    'acknowledged, accounted and stored; the limit is the embedded store, in turns with it.',
  minutes: () => 3,
  async run(room): Promise<readonly Outcome[]> {
    const program = findProgram('influxd');
    if (program === null) throw new Error('influxd is not installed (Debian: apt-get install influxdb)');
    const endings: (() => unknown)[] = [];
    const embedded: number[] = [];
    const influx: number[] = [];
    try {
      const influxd = await Influxd.start({ teardown: (end) => void endings.push(end) }, program);
      for (let round = 1; round <= ROUNDS; round++) {
        const broker = await startMosquitto(room);
        embedded.push(await collectorRound(room, `embedded-${round}`, broker.url));
        const { version, url, database } = await influxd.database(`round${round}`);
        const store = { kind: 'influx', version, url, database };
        influx.push(await collectorRound(room, `influx-${round}`, broker.url, { store }));
        await broker.child.stop();
        room.say(`round ${round}: embedded ${rateOf(embedded)}, InfluxDB ${rateOf(influx)} readings/s`);
      }
    } finally {
      for (const end of endings) await end();
    }
    const limit = { what: 'the embedded store', value: median(embedded) };
    const value = median(influx);
    return [
      {
        what: 'ingest with the store in InfluxDB 1.6',
        value,
        unit: 'readings/s',
        required: { atLeast: REQUIRED },
        limit,
      },
    ];
  },
};

function rateOf(rates: readonly number[]): string {
  return Math.round(rates.at(-1) ?? Number.NaN).toLocaleString('en');
}
