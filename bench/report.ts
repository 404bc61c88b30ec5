import { isMet, type Outcome } from './figure.ts';

/** An outcome in one line. */
export function lineOf(outcome: Outcome): string {
  return rowOf(outcome)
    .filter((cell) => cell !== '')
    .join('  ');
}

/** Outcomes below each other, with a heading. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = [['figure', 'value', 'at least', '', 'limit in the same run', 'ratio'], ...outcomes.map(rowOf)];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function rowOf(outcome: Outcome): string[] {
  const { what, value, unit, required, limit } = outcome;
  return [
    what,
    quantity(value, unit),
    required === null
      ? ''
      : 'atLeast' in required
        ? `≥ ${quantity(required.atLeast, unit)}`
        : `≤ ${quantity(required.atMost, unit)}`,
    required === null ? '' : isMet(outcome) ? 'ok' : 'SHORT',
    limit === null ? '' : `${limit.what}: ${quantity(limit.value, unit)}`,
    limit === null || limit.value === 0 ? '' : `× ${(value / limit.value).toPrecision(2)}`,
  ];
}

function quantity(value: number, unit: string): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toLocaleString('en', { maximumFractionDigits: digits })} ${unit}`.trimEnd();
}
