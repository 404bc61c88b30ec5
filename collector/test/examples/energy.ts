import { MINUTE_MS, netWhOf, QUARTER_MS } from '../../src/accounting/interval.ts';
import { PointAccount } from '../../src/accounting/point-account.ts';
import { sumPointIntervals } from '../../src/site/interval-sum.ts';
import { Curve } from '../accounting/curve.ts';
import { row, T0 } from '../site/example.ts';
import { openRows } from '../accounting/rows.ts';

interface Given {
  readonly everyS: number;
  readonly samples: number;
  readonly stepAtS: number;
  readonly beforeW: number;
  readonly afterW: number;
}

/** A power that steps once, read at even times from 0 on. */
function energyBound({ everyS, samples, stepAtS, beforeW, afterW }: Given): object {
  const step = { afterMs: stepAtS * 1000, fromW: afterW, untilW: afterW };
  const curve = new Curve(0, [{ afterMs: 0, fromW: beforeW, untilW: beforeW }, step]);
  const account = new PointAccount(0, 3000 * everyS);
  let boundWh = 0;
  for (let index = 0; index < samples; index++) {
    const atMs = index * everyS * 1000;
    account.power(atMs, curve.at(atMs), false, () => {});
    if (index > 0) boundWh += (curve.variationW(atMs - everyS * 1000, atMs) * everyS) / 3600 / 2;
  }
  const energyWh = openRows(account).reduce((sum, minute) => sum + minute.energyWh, 0);
  return { energyWh, trueWh: curve.energyWh(0, (samples - 1) * everyS * 1000, 'net'), boundWh };
}

interface TwoRegisters {
  /** Minute by minute; null where unknown. */
  readonly energyWh: readonly (number | null)[];
  readonly exportWh: readonly number[];
}

/** The quarter-hour of some minutes. */
function fedBack({ energyWh, exportWh }: TwoRegisters): object {
  const rows = energyWh.map((wh, minute) => {
    const more = { exportWh: exportWh[minute] as number, ...(wh === null && { measuredMs: 0 }) };
    return row(1, wh ?? 0, more, minute);
  });
  const [sum] = sumPointIntervals(rows, [T0, T0 + QUARTER_MS]);
  if (sum === undefined) throw new Error('nothing is known');
  return { ...sum, netWh: netWhOf(sum), measuredMin: sum.measuredMs / MINUTE_MS };
}

export const examples = { 'energy-bound': energyBound, 'fed-back': fedBack };
