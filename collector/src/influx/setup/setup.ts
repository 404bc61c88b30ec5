import type { DatabaseAdmin } from './database-admin.ts';

/** A database as the configuration wants it. */
export interface WantedDatabase {
  readonly name: string;
  /** How long it shall keep what is written, ms; null: for ever. */
  readonly retentionMs: number | null;
}

export interface SetupOptions {
  /** Only says what would be done. */
  readonly dryRun: boolean;
  /** Also lets a database keep less than it does, which deletes what is older. */
  readonly shorten: boolean;
}

/**
 * Makes a database, or changes it where it is not as wanted; nothing is done where it is.
 * @returns what was done and what was there, in words.
 * @throws SetupError
 */
export async function setUpDatabase(
  admin: DatabaseAdmin,
  { name, retentionMs }: WantedDatabase,
  { dryRun, shorten }: SetupOptions,
): Promise<string> {
  const existing = await admin.find(name);
  if (existing === null) {
    if (dryRun) return `${name}: would be created, keeping ${lengthOf(retentionMs)}`;
    await admin.create(name, retentionMs);
    return `${name}: created, keeps ${lengthOf(retentionMs)}`;
  }
  const said: string[] = [];
  if (!existing.isMapped) {
    if (!dryRun) await admin.map(name);
    said.push(dryRun ? 'InfluxQL would be let find it' : 'InfluxQL now finds it');
  }
  said.push(await adjust(admin, { name, retentionMs }, existing.retentionMs, { dryRun, shorten }));
  return `${name}: was there; ${said.join('; ')}`;
}

async function adjust(
  { retain }: DatabaseAdmin,
  { name, retentionMs: wantedMs }: WantedDatabase,
  foundMs: number | null | 'unknown',
  { dryRun, shorten }: SetupOptions,
): Promise<string> {
  if (foundMs === 'unknown' || retain === null) {
    return `how long it keeps was decided when it was made and cannot be changed; wanted is ${lengthOf(wantedMs)}`;
  }
  if (foundMs === wantedMs) return `keeps ${lengthOf(foundMs)}, as wanted`;
  const isShorter = wantedMs !== null && (foundMs === null || wantedMs < foundMs);
  if (isShorter && !shorten) {
    return `keeps ${lengthOf(foundMs)}, longer than the ${lengthOf(wantedMs)} wanted: left so; --shorten deletes what is older`;
  }
  if (!dryRun) await retain(name, wantedMs);
  return `${dryRun ? 'would keep' : 'keeps'} ${lengthOf(wantedMs)} instead of ${lengthOf(foundMs)}`;
}

const HOUR_MS = 3_600_000;

function lengthOf(ms: number | null): string {
  if (ms === null) return 'for ever';
  const hours = ms / HOUR_MS;
  return hours % 24 === 0 ? `${hours / 24} days` : `${Math.round(hours * 10) / 10} hours`;
}
