import { AdjustedPoints } from '../accounting/adjustments.ts';
import type { PointInterval } from '../accounting/interval.ts';
import { ByteReader } from '../evidence/bytes.ts';
import { Catalogue } from '../evidence/catalogue.ts';
import { readEvidence } from '../evidence/evidence-log.ts';
import { type MessageHead, type ReadingColumns, RecordReader, type RecordVisitor } from '../evidence/record.ts';
import { foldImport } from '../import/import-fold.ts';
import type { RefoldJob } from './job.ts';
import { Refold } from './refold.ts';

/** A point's account to go on with; null where the one in use is right already. */
export interface RefoldedAccount {
  readonly pointId: number;
  readonly state: Float64Array | null;
}

/** Minutes, slice by slice, and in the end the accounts. */
export type Refolding = AsyncGenerator<readonly PointInterval[], readonly RefoldedAccount[]>;

/** Rows given at once. */
const ROWS_AT_ONCE = 20_000;

/**
 * Accounts readings again; gives the minutes that may be others than before, of which the later one of two counts.
 * @throws BrokenChainError or CorruptLogError where the log is not what was written.
 */
export async function* refoldLog(job: RefoldJob): Refolding {
  const catalogue = catalogueOf(job.catalogue);
  const refold = new Refold(catalogue, job.request);
  yield* agentsRows(job, catalogue, refold);
  const adjusted = new AdjustedPoints();
  for (const { pointId, adjustments } of job.request.points) adjusted.set(pointId, adjustments);
  for (const series of job.imports) {
    for await (const rows of foldImport(job.directory, series, adjusted)) yield refold.noteImported(rows);
  }
  yield refold.takeBack(job.imports.flat());
  return job.agents === null ? [] : refold.accounts();
}

async function* agentsRows(
  { directory, agents }: RefoldJob,
  catalogue: Catalogue,
  refold: Refold,
): AsyncGenerator<PointInterval[]> {
  if (agents === null) return;
  const reader = new RecordReader();
  const visitor = visitorOf(refold);
  let rows: PointInterval[] = [];
  for await (const { body, next } of readEvidence(directory, agents.from)) {
    if (next.position > agents.until) break;
    reader.read(new ByteReader(body), catalogue, visitor);
    for (const row of refold.take()) rows.push(row);
    if (refold.isSettled) break;
    if (rows.length < ROWS_AT_ONCE) continue;
    yield rows;
    rows = [];
  }
  yield rows;
  yield refold.finish();
}

function catalogueOf({ sites, agents, points, slots }: RefoldJob['catalogue']): Catalogue {
  const catalogue = new Catalogue();
  for (const site of sites) catalogue.addSite(site);
  for (const { agent, siteId } of agents) catalogue.addAgent(agent, siteId);
  for (const point of points) catalogue.addPoint(point);
  for (const slot of slots) catalogue.addSlot(slot);
  return catalogue;
}

/** Agents' readings only: everything else is as it was when the job was made. */
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
    import: nothing,
    block: nothing,
  };
}
