import { InfluxV1Client } from './client-v1.ts';
import { InfluxV2Client } from './client-v2.ts';
import { type InfluxClient, influxError, type InfluxTarget } from './client.ts';
import { minutesDatabase } from './schema.ts';

export function clientOf(target: InfluxTarget): InfluxClient {
  return target.version === 1 ? new InfluxV1Client(target) : new InfluxV2Client(target);
}

/**
 * Asks a server whether it is there, of the version that it is said to be, lets the collector in and has its databases.
 * @throws InfluxError that says what to do.
 */
export async function checkTarget(client: InfluxClient, target: InfluxTarget): Promise<void> {
  const version = await client.ping();
  const major = /\d+/.exec(version ?? '')?.[0];
  if (major !== undefined && Number(major) !== target.version) {
    throw influxError(
      target,
      'refused',
      `it is version ${version}, and the configuration says \`version: ${target.version}\``,
    );
  }
  for (const database of [target.database, minutesDatabase(target.database)]) {
    for await (const _ of client.query(`SELECT * FROM wattmark_progress LIMIT 1`, database)) break;
  }
}
