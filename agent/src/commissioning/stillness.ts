import type { Channel } from '@wattmark/shared/channels';
import type { Finding } from './finding.ts';
import { digitsOf, type SeenPoint, type SeenRow } from './seen.ts';
import { thresholds } from './thresholds.ts';

/** Quantities that never keep still to the fifth digit. */
const lively: readonly Channel[] = ['power', 'apparent-power', 'reactive-power', 'current', 'voltage'];

/** Values that are the same to all their digits look after look, while others of the check move. */
export function judgeStillness(points: readonly SeenPoint[]): Finding[] {
  const series = points.flatMap((point) =>
    lively.map((channel) => ({ point, channel, rows: rowsWith(point, channel) })),
  );
  if (!series.some(({ channel, rows }) => distinct(rows, channel) > 1)) return [];
  return points.flatMap((point): Finding[] => {
    const stuck = series.filter((one) => one.point === point && isStuck(one.rows, one.channel));
    if (stuck.length === 0) return [];
    const words = stuck.map(({ channel, rows }) => `${channel} ${rows[0]?.values[channel]}`).join(', ');
    const looks = stuck[0]?.rows.length ?? 0;
    const remedy =
      'does the gateway hand on old answers, or has the meter lost its measuring unit? Compare with the display';
    const message = `the same to all digits in ${looks} looks: ${words}`;
    return [{ code: 'stuck', severity: 'warning', about: point.point, message, remedy }];
  });
}

function rowsWith({ rows }: SeenPoint, channel: Channel): SeenRow[] {
  return rows.filter(({ values }) => values[channel] !== undefined);
}

function distinct(rows: readonly SeenRow[], channel: Channel): number {
  return new Set(rows.map(({ values }) => values[channel])).size;
}

function isStuck(rows: readonly SeenRow[], channel: Channel): boolean {
  const spanMs = (rows.at(-1)?.at ?? 0) - (rows[0]?.at ?? 0);
  if (rows.length < thresholds.stuckLooks || spanMs < thresholds.stuckMs || distinct(rows, channel) > 1) return false;
  return digitsOf(rows[0]?.values[channel] ?? 0) >= thresholds.stuckDigits;
}
