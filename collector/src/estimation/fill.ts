import { alternate } from './alternate.ts';
import { linear } from './linear.ts';
import { energyWh, type Gap, type Method, type MethodOf, type Needs, type RowAt, type Rules } from './method.ts';
import { type EstimationMethod, estimationMethods } from './settings.ts';
import { similarDays } from './similar-days.ts';

/** What a gap is estimated to be. */
export interface Fill extends Gap {
  /** Estimated net energy (drawn less fed back) of the missing time, Wh. */
  readonly energyWh: number;
  readonly method: EstimationMethod;
}

const methods: Readonly<Record<EstimationMethod, MethodOf>> = { alternate, linear, 'similar-days': similarDays };

/** The methods that a site asks for, in the order in which they are tried. */
export class GapFiller {
  readonly #methods: readonly (readonly [EstimationMethod, Method])[];

  constructor(rules: Rules) {
    this.#methods = estimationMethods
      .filter((name) => rules.settings.methods.includes(name))
      .map((name) => [name, methods[name](rules)] as const);
  }

  /** Names the quarter-hours that filling the gap looks at. */
  needs(gap: Gap, needs: Needs): void {
    for (const [, method] of this.#methods) method.needs(gap, needs);
  }

  /** The gap filled by the first method that can; null where none can, and what is missing stays missing. */
  fill(gap: Gap, rowAt: RowAt): Fill | null {
    for (const [name, method] of this.#methods) {
      const powerW = method.powerW(gap, rowAt);
      if (powerW !== null) return { ...gap, energyWh: energyWh(powerW, gap.missingMs), method: name };
    }
    return null;
  }
}
