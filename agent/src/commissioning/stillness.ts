import type { Channel } from '@wattmark/shared/channels';
import type { Finding } from './finding.ts';
import { digitsOf, type SeenPoint, type SeenRow, valuesOf } from './seen.ts';
import { thresholds } from './thresholds.ts';

/** Quantities that never keep still to the fifth digit. */
const lively: readonly Channel[] = ['power', 'apparent-power', 'reactive-power', 'current', 'voltage'];

/** Values that are the same to all their digits look after look, while others of the check move. */
export function judgeStillness(points: readonly SeenPoint[]): Finding[] {
  const moves = points.some((point) => lively.some((channel) => new Set(valuesOf(point, channel)).size > 1));
  if (!moves) return [];
  return points.flatMap((point): Finding[] => {
    const stuck = lively.filter((channel) => isStuck(rowsWith(point, channel), channel));
    if (stuck.length === 0) return [];
    const words = stuck.map((channel) => `${channel} ${valuesOf(point, channel)[0]}`).join(', ');
    return [
      {
        code: 'stuck',
        severity: 'warning',
        about: point.point,
        message: `the same to all digits in ${point.rows.length} looks: ${words}`,
        remedy:
          'does the gateway hand on old answers, or has the meter lost its measuring unit? Compare with the display',
      },
    ];
  });
}

function rowsWith({ rows }: SeenPoint, channel: Channel): SeenRow[] {
  return rows.filter(({ values }) => values[channel] !== undefined);
}

function isStuck(rows: readonly SeenRow[], channel: Channel): boolean {
  const spanMs = (rows.at(-1)?.at ?? 0) - (rows[0]?.at ?? 0);
  if (
    rows.length < thresholds.stuckLooks ||
    spanMs < thresholds.stuckMs ||
    new Set(rows.map(({ values }) => values[channel])).size > 1
  )
    return false;
  const value = rows[0]?.values[channel] ?? 0;
  // The mean of three phases of 230, 230 and 231 V has endless digits, which no meter gave.
  return Math.min(digitsOf(value), digitsOf(3 * value)) >= thresholds.stuckDigits;
}
