import { check, midnightMs } from '../../collector/test/year/check.ts';
import type { Figure, Outcome } from '../figure.ts';

const POINTS = 100;
const DAYS = 367;

export const proof: Figure = {
  name: 'proof',
  about:
    'A year (2026, Berlin) of 100 points read each minute, with outages, a register reset, a new meter, a wrong transformer ratio ' +
    'and void readings, pushed through the collector; then months, changes of the clocks and the year against a database’s ' +
    'own computation from the raw readings.',
  minutes: () => 30,
  async run(room): Promise<readonly Outcome[]> {
    const stretch = (name: string, from: readonly [number, number, number], to: readonly [number, number, number]) => ({
      name,
      fromMs: midnightMs(...from),
      toMs: midnightMs(...to),
    });
    const months = Array.from({ length: 12 }, (_, index) =>
      stretch(`2026-${index + 1}`, [2026, index + 1, 1], [2026, index + 2, 1]),
    );
    const checked = await check(room.path('data'), { points: POINTS, fromMs: Date.UTC(2025, 11, 31), days: DAYS }, [
      ...months,
      stretch('the day of 23 hours', [2026, 3, 29], [2026, 3, 30]),
      stretch('the day of 25 hours', [2026, 10, 25], [2026, 10, 26]),
      stretch('the last day', [2026, 12, 31], [2027, 1, 1]),
      stretch('2026', [2026, 1, 1], [2027, 1, 1]),
    ]);
    room.say(
      `${checked.readings.toLocaleString('en')} readings, ${checked.figures} figures, ${checked.restated} of them restated`,
    );
    for (const { what, collector, query } of checked.wrong) room.say(`${what}: ${collector}, but ${query}`);
    return [
      { what: 'figures that differ', value: checked.wrong.length, unit: '', required: { atMost: 0 }, limit: null },
      {
        what: 'a year pushed through the collector',
        value: checked.pushedMs / 1000,
        unit: 's',
        required: null,
        limit: { what: 'the same computed by queries', value: checked.queriedMs / 1000 },
      },
    ];
  },
};
