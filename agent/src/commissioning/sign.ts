import { type Role } from '@wattmark/shared/roles';
import { say } from './factor.ts';
import type { Finding } from './finding.ts';
import { type SeenPoint, valuesOf } from './seen.ts';
import { thresholds } from './thresholds.ts';

/** Whether energy may flow back through a point of that role. */
const reverse: Readonly<Record<Role, 'never' | 'with-own-supply' | 'always'>> = {
  utility: 'with-own-supply',
  generator: 'always',
  solar: 'always',
  'district-cooling': 'never',
  ups: 'with-own-supply',
  pdu: 'never',
  rectifier: 'with-own-supply',
  it: 'never',
  telecom: 'never',
  cooling: 'never',
  lighting: 'never',
  other: 'with-own-supply',
  battery: 'always',
  'heat-removal': 'never',
  'heat-reuse': 'never',
  water: 'never',
};

const ownSupply: readonly Role[] = ['solar', 'generator', 'battery'];

/** Negative power where energy cannot flow back. */
export function judgeSign(points: readonly SeenPoint[]): Finding[] {
  const hasOwnSupply = points.some(({ role }) => role !== null && ownSupply.includes(role));
  return points.flatMap((point): Finding[] => {
    const { role } = point;
    if (role === null || reverse[role] === 'always') return [];
    if (reverse[role] === 'with-own-supply' && hasOwnSupply) return [];
    const powers = valuesOf(point, 'power');
    if (powers.length === 0 || !point.rows.every((row) => row.values.power === undefined || isReversed(row.values)))
      return [];
    return [
      {
        code: 'power-negative',
        severity: reverse[role] === 'never' ? 'error' : 'warning',
        about: point.point,
        message: `power is ${say(powers.at(-1) ?? 0, 'W')} at a point with role ${role}, which draws`,
        remedy:
          'a current transformer is the wrong way round (turn it, or swap its two wires), or the meter counts the other way',
      },
    ];
  });
}

/** Negative by more than the offset of an instrument without load. */
export function isReversed({
  power = 0,
  voltage,
  current,
  'apparent-power': apparent,
}: SeenPoint['rows'][number]['values']): boolean {
  if (power > -thresholds.leastPowerW) return false;
  const apparentVA = voltage !== undefined && current !== undefined ? Math.abs(voltage * current) : apparent;
  return apparentVA === undefined || -power > apparentVA * thresholds.leastReverseShare;
}
