import { DuckDBInstance } from '@duckdb/node-api';
import { tables } from './tables.ts';

/** How one table of two stores compares. */
export interface TableComparison {
  readonly table: string;
  readonly rows: number;
  /** Rows that only one of the two stores has. */
  readonly differing: number;
}

/**
 * Compares two store files row by row: every column of every version, the time of recording included. Neither may be in use.
 * The order in which rows were written does not matter.
 */
export async function compareStores(file: string, other: string): Promise<TableComparison[]> {
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '512MiB', temp_directory: `${other}.tmp` });
  try {
    const connection = await instance.connect();
    await connection.run(`ATTACH '${quote(file)}' AS one (READ_ONLY)`);
    await connection.run(`ATTACH '${quote(other)}' AS two (READ_ONLY)`);
    const comparisons: TableComparison[] = [];
    for (const { name } of tables) {
      const only = (a: string, b: string): string =>
        `(SELECT count(*) FROM (SELECT * FROM ${a}.${name} EXCEPT ALL SELECT * FROM ${b}.${name}))`;
      const query = `SELECT (SELECT count(*) FROM one.${name}), ${only('one', 'two')} + ${only('two', 'one')}`;
      const [row] = (await connection.runAndReadAll(query)).getRows();
      comparisons.push({ table: name, rows: Number(row?.[0] ?? 0), differing: Number(row?.[1] ?? 0) });
    }
    return comparisons;
  } finally {
    instance.closeSync();
  }
}

function quote(path: string): string {
  return path.replaceAll("'", "''");
}
