import t from 'tap';
import { madeText, trialText } from '../../src/commands/correction-text.ts';

const measured = (energyWh: number | null): { energyWh: number | null; exportWh: null; measuredS: number } => ({
  energyWh,
  exportWh: null,
  measuredS: 3600,
});

t.test('what counts litres or kilograms is not told as energy', async (t) => {
  const amounts = { before: measured(1440), after: measured(null) };
  const text = madeText(
    {
      id: '17',
      site: 'dc-1',
      by: 'A',
      reason: 'B',
      change: { kind: 'void', point: 'water', from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' },
      recorded: '2026-02-01T00:00:00Z',
      withdrawnBy: null,
      effect: {
        from: '2026-01-01T00:00:00Z',
        to: '2026-01-02T00:00:00Z',
        points: [
          { point: 'water', unit: 'L', ...amounts },
          { point: 'main', unit: 'Wh', ...amounts },
        ],
        before: { pue: 1.3 },
        after: { pue: 1.3 },
      },
    },
    'UTC',
  );
  t.match(text, '  water: 1440.000 L → unknown, measured 1.00 h → 1.00 h');
  t.match(text, '  main: 1.440 kWh → unknown, measured 1.00 h → 1.00 h');
  const points = [{ point: 'tank', unit: 'kg', months: [{ month: '2026-01', ...amounts }] }];
  t.match(trialText({ points }, 'UTC'), '  tank 2026-01: 1440.000 kg → unknown, measured 1.00 h → 1.00 h');
});
