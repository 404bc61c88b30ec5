import type { AccuracyClass } from '@wattmark/shared/roles';
import { float32StepOf } from '../../src/findings/checks/registers.ts';
import { compare, excessWh } from '../../src/findings/comparison.ts';
import { inspectionOfLook } from '../findings/example.ts';
import { point } from '../site/example.ts';

interface Metered {
  readonly energyWh: number;
  readonly accuracyClass: AccuracyClass | null;
}

interface Tree {
  readonly parent: Metered;
  readonly children: readonly Metered[];
}

interface Register {
  readonly valueWh: number;
  readonly previousWh: number;
  readonly powerW: number;
}

export const examples = {
  'children-beyond-parent': ({ parent, children }: Tree) => {
    const all = [parent, ...children];
    const points = all.map(({ accuracyClass }, id) => point(id, null, { accuracyClass }));
    const energies = Object.fromEntries(all.map(({ energyWh }, id) => [id, energyWh]));
    const [above, ...below] = points.map((one) => ({ point: one, weight: 1 }));
    const inspection = inspectionOfLook({ points, energies, steps: 1 });
    const found = compare(inspection, [0], above === undefined ? [] : [above], below, {
      needsAll: true,
      skipsDead: false,
    });
    if (found === null) return null;
    return { differenceWh: found.belowWh - found.aboveWh, limitWh: found.limitWh, excessWh: excessWh(found) };
  },
  'float32-register': ({ valueWh, previousWh, powerW }: Register) => {
    const stepWh = float32StepOf('energy', valueWh, previousWh)?.stepWh ?? null;
    return { stepWh, shareOfQuarter: stepWh === null ? null : stepWh / (powerW / 4) };
  },
};
