import type { AccuracyClass, Level } from '@wattmark/shared/roles';
import { chainOf } from '../../src/kpi/metering-chain.ts';
import { missingDataUncertainty, type PartSum } from '../../src/kpi/missing-data.ts';
import type { PeriodLength } from '../../src/kpi/period.ts';
import { categoryOf, notationOf, pueOf } from '../../src/kpi/pue.ts';
import { findTarget, type Target, validityIn } from '../../src/kpi/targets.ts';
import { COVERAGE_FACTOR, pueUncertainty } from '../../src/kpi/uncertainty.ts';
import { judge } from '../../src/kpi/verdict.ts';

interface Quarters {
  readonly totalWh: readonly (number | null)[];
  readonly itWh: readonly (number | null)[];
}

interface Network {
  readonly pue: number;
  readonly missingData: number;
  readonly points: readonly {
    readonly point: string;
    readonly energyWh: number;
    readonly totalWeight: number;
    readonly itWeight: number;
    readonly accuracyClass: AccuracyClass;
    readonly commonCause?: string;
    readonly resolutionWh?: number;
  }[];
}

const QUARTER_MS = 900_000;

function pairsOf({ totalWh, itWh }: Quarters): PartSum[] {
  return totalWh.map((total, index) => {
    const it = itWh[index] ?? null;
    const isPaired = total !== null && it !== null;
    const sum = { pairedTotalWh: total ?? 0, pairedItWh: it ?? 0, pairedMs: isPaired ? QUARTER_MS : 0, estimatedMs: 0 };
    return { sum: isPaired ? sum : { ...sum, pairedTotalWh: 0, pairedItWh: 0 }, elapsedMs: QUARTER_MS };
  });
}

function sumOf(parts: readonly PartSum[]): PartSum['sum'] {
  return parts.reduce(
    (all, { sum }) => ({
      pairedTotalWh: all.pairedTotalWh + sum.pairedTotalWh,
      pairedItWh: all.pairedItWh + sum.pairedItWh,
      pairedMs: all.pairedMs + sum.pairedMs,
      estimatedMs: 0,
    }),
    { pairedTotalWh: 0, pairedItWh: 0, pairedMs: 0, estimatedMs: 0 },
  );
}

function missingData(given: Quarters): number | null {
  const parts = pairsOf(given);
  const all = sumOf(parts);
  const standard = missingDataUncertainty(pueOf(all), all.pairedMs / (parts.length * QUARTER_MS), parts);
  return standard === null ? null : COVERAGE_FACTOR * standard;
}

function uncertainty({ pue, missingData: ofMissing, points }: Network) {
  const contributions = points.map(({ accuracyClass, commonCause, resolutionWh, ...point }) => ({
    ...point,
    chain: chainOf({ accuracyClass, role: null, carrier: 'electricity' }, { commonCause, resolutionWh }),
  }));
  return pueUncertainty(pue, contributions, ofMissing);
}

const yearly = findTarget('gb-40879-grade-2-1.3') as Target;
const year = {
  span: { fromMs: Date.UTC(2025, 0), toMs: Date.UTC(2026, 0) },
  timezone: 'UTC',
  isYear: true,
  leastCoverage: 0.9,
};

export const examples = {
  pue: (given: Quarters) => pueOf(sumOf(pairsOf(given))),
  notation: (given: readonly (readonly [Level | null, PeriodLength, boolean, number])[]) =>
    given.map(([level, length, isComplete, everyMin]) =>
      notationOf(categoryOf(level), length, isComplete, [60_000 * everyMin]),
    ),
  'uncertainty-two-meters': uncertainty,
  'uncertainty-sum-of-parts': uncertainty,
  'uncertainty-common-cause': uncertainty,
  'uncertainty-both-sides': uncertainty,
  'uncertainty-resolution': uncertainty,
  'uncertainty-missing-data': missingData,
  verdict: (given: { target: number; uncertainty: number; values: number[] }) =>
    given.values.map((value) => {
      const evidence = { value, absence: null, uncertainty: given.uncertainty, coverage: 1, months: [] };
      return judge({ ...yearly, value: given.target }, evidence, year).verdict;
    }),
  'target-validity': (given: { target: string; timezone: string; spans: [string, string][] }) =>
    given.spans.map(([from, to]) =>
      validityIn(
        findTarget(given.target) as Target,
        { fromMs: Date.parse(from), toMs: Date.parse(to) },
        given.timezone,
      ),
    ),
};
