import { AdjustedPoints } from '../accounting/adjustments.ts';
import type { PointColumns } from '../accounting/point-columns.ts';
import { ByteReader } from '../evidence/bytes.ts';
import { Catalogue } from '../evidence/catalogue.ts';
import { readEvidence } from '../evidence/evidence-log.ts';
import { type MessageHead, type ReadingColumns, RecordReader, type RecordVisitor } from '../evidence/record.ts';
import { foldImport, reachInImport } from '../import/import-fold.ts';
import type { RefoldJob } from './job.ts';
import { Refold } from './refold.ts';

/** A point's account to go on with; null where the one in use is right already. */
export interface RefoldedAccount {
  readonly pointId: number;
  readonly state: Float64Array | null;
}

/** Minutes, portion by portion, and in the end the accounts. */
export type Refolding = AsyncGenerator<PointColumns, readonly RefoldedAccount[]>;

/**
 * Accounts readings again; gives the minutes that may be others than before, of which the later one of two counts.
 * @throws BrokenChainError or CorruptLogError where the log is not what was written.
 */
export async function* refoldLog(job: RefoldJob): Refolding {
  const catalogue = catalogueOf(job.catalogue);
  const adjusted = new AdjustedPoints();
  for (const { pointId, adjustments } of job.request.points) adjusted.set(pointId, adjustments);
  let { span } = job.request;
  for (const series of job.reaching) {
    const reach = await reachInImport(job.directory, series, adjusted, job.request.span);
    span = { fromMs: Math.min(span.fromMs, reach.fromMs), toMs: Math.max(span.toMs, reach.toMs) };
  }
  const refold = new Refold(catalogue, { ...job.request, span });
  yield* agentsRows(job, catalogue, refold);
  for (const imported of job.imports) {
    const series = imported.filter((one) => refold.concerns(one));
    const folding = foldImport(job.directory, series, adjusted, (pointId, bucket) => refold.imported(pointId, bucket));
    for await (const _ of folding) yield* refold.take();
  }
  for (const _ of refold.takeBack(job.told)) yield* refold.take();
  yield* refold.finish();
  return job.agents === null ? [] : refold.accounts();
}

async function* agentsRows(
  { directory, agents }: RefoldJob,
  catalogue: Catalogue,
  refold: Refold,
): AsyncGenerator<PointColumns> {
  if (agents === null) return;
  const reader = new RecordReader();
  const visitor = visitorOf(refold);
  for await (const { body, next } of readEvidence(directory, agents.from)) {
    if (next.position > agents.until) break;
    reader.read(new ByteReader(body), catalogue, visitor);
    refold.advance();
    yield* refold.take();
    if (refold.isSettled) break;
  }
  refold.end();
}

function catalogueOf({ sites, points, slots }: RefoldJob['catalogue']): Catalogue {
  const catalogue = new Catalogue();
  for (const site of sites) catalogue.addSite(site);
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
