import type { PointInterval } from '../accounting/interval.ts';
import { ByteReader } from '../evidence/bytes.ts';
import { Catalogue } from '../evidence/catalogue.ts';
import { readEvidence } from '../evidence/evidence-log.ts';
import { type MessageHead, type ReadingColumns, RecordReader, type RecordVisitor } from '../evidence/record.ts';
import type { RefoldJob } from './job.ts';
import { Refold } from './refold.ts';

/** A point's account to go on with; null where the one in use is right already. */
export interface RefoldedAccount {
  readonly pointId: number;
  readonly state: Float64Array | null;
}

/** Rows given at once. */
const ROWS_AT_ONCE = 20_000;

/**
 * Accounts a part of the evidence log again; gives the minutes that may be others than before, and in the end the accounts.
 * @throws BrokenChainError or CorruptLogError where the log is not what was written.
 */
export async function* refoldLog(job: RefoldJob): AsyncGenerator<readonly PointInterval[], readonly RefoldedAccount[]> {
  const catalogue = catalogueOf(job.catalogue);
  const refold = new Refold(catalogue, job.request);
  const reader = new RecordReader();
  const visitor = visitorOf(refold);
  let rows: PointInterval[] = [];
  for await (const { body, next } of readEvidence(job.directory, job.from)) {
    if (next.position > job.until) break;
    reader.read(new ByteReader(body), catalogue, visitor);
    for (const row of refold.take()) rows.push(row);
    if (refold.isSettled) break;
    if (rows.length < ROWS_AT_ONCE) continue;
    yield rows;
    rows = [];
  }
  yield rows;
  yield refold.finish();
  return refold.accounts();
}

function catalogueOf({ sites, agents, points, slots }: RefoldJob['catalogue']): Catalogue {
  const catalogue = new Catalogue();
  for (const site of sites) catalogue.addSite(site);
  for (const { agent, siteId } of agents) catalogue.addAgent(agent, siteId);
  for (const point of points) catalogue.addPoint(point);
  for (const slot of slots) catalogue.addSlot(slot);
  return catalogue;
}

/** Readings only: everything else is as it was when the job was made. */
function visitorOf(refold: Refold): RecordVisitor {
  const nothing = (): void => {};
  return {
    readings: (head: MessageHead, columns: ReadingColumns) => refold.readings(head, columns),
    site: nothing,
    agent: nothing,
    point: nothing,
    slot: nothing,
    epoch: nothing,
    refused: nothing,
    birth: nothing,
    loss: nothing,
    sites: nothing,
    tick: nothing,
    correction: nothing,
  };
}
