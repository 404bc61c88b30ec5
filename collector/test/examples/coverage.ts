import { coverageOf } from '../../src/kpi/pue.ts';

interface Given {
  readonly measuredS: number;
  readonly fromS: number;
  readonly toS: number;
  readonly knownS: number;
}

export const examples = {
  coverage: ({ measuredS, fromS, toS, knownS }: Given) => coverageOf(measuredS, fromS, toS, knownS),
};
