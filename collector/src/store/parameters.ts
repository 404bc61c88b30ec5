import { type DuckDBListValue, INTEGER, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import { MINUTE_MS, type Span } from '../accounting/interval.ts';

/** Values of a query's parameters. */
export type Parameters = Record<string, number | bigint | string | DuckDBListValue>;

/** The rows of a span, on minutes, that were recorded by an instant; null: at all. */
export function known(span: Span, asOfMs: number | null): Parameters {
  return {
    from: Math.floor(span.fromMs / MINUTE_MS),
    to: Math.ceil(span.toMs / MINUTE_MS),
    recorded: BigInt(asOfMs ?? Number.MAX_SAFE_INTEGER),
  };
}

export function list(items: readonly (number | string)[]): DuckDBListValue {
  return listValue([...items]);
}

/** Numbers would be bound as DOUBLE, and a comparison with those skips nothing. */
export function typesOf(parameters: Parameters): Record<string, ParameterType> {
  const typed = Object.entries(parameters).filter(([, value]) => typeof value !== 'bigint');
  return Object.fromEntries(typed.map(([name, value]) => [name, typeOf(value)]));
}

type ParameterType = typeof INTEGER | typeof VARCHAR | ReturnType<typeof LIST>;

function typeOf(value: Parameters[string]): ParameterType {
  if (typeof value === 'string') return VARCHAR;
  if (typeof value === 'number') return INTEGER;
  return LIST(typeof value === 'object' && typeof value.items[0] === 'string' ? VARCHAR : INTEGER);
}
