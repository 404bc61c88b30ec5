import type { FieldRule } from '../panels/panel.ts';
import type { Columns } from '../queries/kpi.ts';
import { verdictMappings } from '../verdicts.ts';

/** Columns in which a judged figure is shown everywhere: the figure, its margin, its target and what it rests on. */
export function judgedColumns(figure: string): Columns {
  return {
    value: figure,
    lower: 'At least',
    upper: 'At most',
    target: 'Target',
    gap: 'Beyond target',
    verdict: 'Verdict',
    coverage: 'Coverage',
    estimated_share: 'Estimated',
  };
}

/** How those columns look. */
export function judgedRules(figure: string): readonly FieldRule[] {
  const ratios = [figure, 'At least', 'At most', 'Target', 'Beyond target'];
  return [
    ...ratios.map((field): FieldRule => ({ field, unit: 'ratio', decimals: 3, width: 105 })),
    ...['Coverage', 'Estimated'].map((field): FieldRule => ({ field, unit: 'share', decimals: 1, width: 95 })),
    { field: 'Verdict', mappings: verdictMappings, width: 140 },
  ];
}

/** Columns of energies, and how they look. */
export const energyColumns: Columns = { total_wh: 'Total', it_wh: 'IT', overhead_wh: 'Overhead' };
export const energyRules: readonly FieldRule[] = Object.values(energyColumns).map((field) => ({
  field,
  unit: 'energy',
  decimals: 1,
  width: 105,
}));

/** What every figure with a margin says of it. */
export const MARGIN =
  'At least and at most are the figure less and plus its expanded uncertainty; a target in between is neither met nor missed.';
