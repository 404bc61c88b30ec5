/** All rows that come in portions. */
export async function gatherRows<Row>(portions: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const portion of portions) for (const row of portion) rows.push(row);
  return rows;
}
