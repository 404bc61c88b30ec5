import { QUARTER_MS } from '../../src/accounting/interval.ts';
import { sideEstimate } from '../../src/estimation/estimates.ts';
import type { EstimationMethod } from '../../src/estimation/settings.ts';
import { fillsOf, quarter, rules, WEDNESDAY } from '../estimation/history.ts';
import { point } from '../site/example.ts';

const DAY_MS = 86_400_000;
const only = (method: EstimationMethod) => ({ ...rules, methods: [method] });

interface Side {
  readonly aWh: number;
  readonly bWh: number;
  readonly bMeasuredS: number;
  readonly bFillWh: number;
  readonly measuredWh: number;
}

export const examples = {
  'estimation-linear': ({ beforeW, afterW, quarters }: { beforeW: number; afterW: number; quarters: number }) => {
    const toMs = WEDNESDAY + quarters * QUARTER_MS;
    const rows = [quarter(1, WEDNESDAY - QUARTER_MS, beforeW), quarter(1, toMs, afterW)];
    const fills = fillsOf(rows, WEDNESDAY, toMs, only('linear'));
    return fills.length === 0 ? null : fills.map(({ energyWh }) => energyWh);
  },
  'estimation-alternate': ({ halves, otherInGapW }: { halves: [number, number][]; otherInGapW: number }) => {
    const rows = halves.flatMap(([ownW, otherW], half) =>
      Array.from({ length: 48 }, (_, index) => WEDNESDAY - (1 + half * 48 + index) * QUARTER_MS).flatMap((ms) => [
        quarter(1, ms, ownW),
        quarter(2, ms, otherW),
      ]),
    );
    const gap = fillsOf(
      [...rows, quarter(2, WEDNESDAY, otherInGapW)],
      WEDNESDAY,
      WEDNESDAY + QUARTER_MS,
      only('alternate'),
    );
    return gap[0]?.energyWh ?? null;
  },
  'estimation-similar-days': ({ daysAgoW, measuredS }: { daysAgoW: Record<string, number>; measuredS: number }) => {
    const past = Object.entries(daysAgoW).map(([days, powerW]) =>
      quarter(1, WEDNESDAY - Number(days) * DAY_MS, powerW),
    );
    const partly = quarter(1, WEDNESDAY, 1000, { measuredMs: measuredS * 1000 });
    return fillsOf([...past, partly], WEDNESDAY, WEDNESDAY + QUARTER_MS, only('similar-days'))[0]?.energyWh ?? null;
  },
  'estimation-of-a-side': ({ aWh, bWh, bMeasuredS, bFillWh, measuredWh }: Side) => {
    const measuredMs = bMeasuredS * 1000;
    const rows = [quarter(1, 0, aWh * 4), quarter(2, 0, 0, { energyWh: bWh, measuredMs })];
    const missingMs = QUARTER_MS - measuredMs;
    const fill = { pointId: 2, startMs: 0, missingMs, energyWh: bFillWh, method: 'linear' } as const;
    const terms = [1, 2].map((pointId) => ({ point: point(pointId, 'utility'), weight: 1 }));
    const estimate = sideEstimate(
      terms,
      0,
      { energyWh: measuredWh, ms: measuredMs },
      {
        rowOf: (pointId) => rows[pointId - 1],
        fillOf: (pointId) => (pointId === 2 ? fill : undefined),
      },
    );
    return estimate === null ? null : { energyWh: estimate.energyWh, seconds: estimate.ms / 1000 };
  },
};
