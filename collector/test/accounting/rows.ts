import type { Bucket } from '../../src/accounting/bucket.ts';
import type { PointInterval } from '../../src/accounting/interval.ts';
import type { PointAccount } from '../../src/accounting/point-account.ts';
import { PointColumns } from '../../src/accounting/point-columns.ts';

/** A minute as a row, times a factor. */
export function rowOf(pointId: number, bucket: Bucket, factor = 1): PointInterval {
  const columns = PointColumns.withRoomFor(1);
  columns.addBucket(pointId, bucket, factor);
  return columns.row(0);
}

/** What an account shows as open. */
export function openRows(account: PointAccount): PointInterval[] {
  const rows: PointInterval[] = [];
  account.open((pointId, bucket) => rows.push(rowOf(pointId, bucket)));
  return rows;
}
