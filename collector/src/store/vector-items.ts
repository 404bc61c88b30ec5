import { DuckDBDoubleVector, DuckDBIntegerVector, type DuckDBVector } from '@duckdb/node-api';

/**
 * The values of a vector as they lie in memory, nulls included as anything. DuckDB's API hides them behind a call for each value,
 * which takes ten times as long.
 * @throws TypeError where a version of the API keeps them elsewhere
 */
export function doublesOf(vector: DuckDBVector): Float64Array {
  const { items } = vector as unknown as { readonly items: unknown };
  if (!(vector instanceof DuckDBDoubleVector) || !(items instanceof Float64Array)) throw new TypeError('no doubles');
  return items;
}

/** The same of a vector of INTEGER. */
export function integersOf(vector: DuckDBVector): Int32Array {
  const { items } = vector as unknown as { readonly items: unknown };
  if (!(vector instanceof DuckDBIntegerVector) || !(items instanceof Int32Array)) throw new TypeError('no integers');
  return items;
}
