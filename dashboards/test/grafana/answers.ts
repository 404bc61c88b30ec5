/** One row of an answer: its tags, its columns, and `time` in UTC ms. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** Asks as Grafana does: one statement, over HTTP, times in ms. @throws Error with InfluxDB's own words. */
export async function ask(url: string, database: string, query: string): Promise<Row[]> {
  const parameters = new URLSearchParams({ db: database, q: query, epoch: 'ms' });
  const response = await fetch(`${url}/query`, { method: 'POST', body: parameters });
  const answer = (await response.json()) as Answer;
  const [result, ...further] = answer.results ?? [];
  const error = answer.error ?? result?.error;
  if (error !== undefined) throw new Error(`${error}\n${query}`);
  if (further.length > 0) throw new Error(`Grafana reads only the first statement of\n${query}`);
  return (result?.series ?? []).flatMap(({ tags = {}, columns, values = [] }) =>
    values.map((row) => ({
      ...tags,
      ...Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null])),
    })),
  );
}

interface Answer {
  readonly error?: string;
  readonly results?: readonly {
    readonly error?: string;
    readonly series?: readonly {
      readonly tags?: Readonly<Record<string, string>>;
      readonly columns: readonly string[];
      readonly values?: readonly (readonly (string | number | boolean | null)[])[];
    }[];
  }[];
}

/**
 * The first difference between what was asked for and what came, null where there is none: the same rows in any order, numbers
 * to nine digits, since sums are made in another order. Rows are compared in the columns that are expected.
 */
export function difference(expected: readonly Row[], found: readonly Row[]): string | null {
  const columns = [...new Set(expected.flatMap((row) => Object.keys(row)))];
  const sorted = (rows: readonly Row[]): string[] => rows.map((row) => textOf(row, columns)).sort();
  const [wanted, got] = [sorted(expected), sorted(found)];
  if (wanted.length !== got.length) {
    return `${wanted.length} rows expected, ${got.length} came; first expected ${wanted[0]}, first found ${got[0]}`;
  }
  const index = wanted.findIndex((text, at) => text !== got[at]);
  return index < 0 ? null : `expected ${wanted[index]}, found ${got[index]}`;
}

function textOf(row: Row, columns: readonly string[]): string {
  return columns
    .map((column) => {
      const value = row[column] ?? null;
      return `${column}=${typeof value === 'number' ? Number(value.toPrecision(9)) : value}`;
    })
    .join(' ');
}
