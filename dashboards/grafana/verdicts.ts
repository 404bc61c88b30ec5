import { MappingType, SpecialValueMatch, type ValueMapping } from '@grafana/schema';

/** Verdicts as `verdict_code` counts them, with the words and the colours that they have everywhere. */
export const verdicts = [
  { code: 0, word: 'met', color: 'green' },
  { code: 1, word: 'missed', color: 'red' },
  { code: 2, word: 'indeterminate', color: 'yellow' },
  { code: 3, word: 'insufficient data', color: 'purple' },
] as const;

/** Verdicts spelt as the API does. */
export const verdictMappings: readonly ValueMapping[] = [
  {
    type: MappingType.ValueToText,
    options: Object.fromEntries(
      verdicts.map(({ word, color }, index) => [word.replace(' ', '-'), { text: word, color, index }]),
    ),
  },
  {
    type: MappingType.SpecialValue,
    options: { match: SpecialValueMatch.Null, result: { text: 'no target', color: 'text' } },
  },
];

/** Verdicts as Prometheus has them, which knows numbers only. */
export const verdictCodeMappings: readonly ValueMapping[] = [
  {
    type: MappingType.ValueToText,
    options: Object.fromEntries(
      verdicts.map(({ code, word, color }, index) => [String(code), { text: word, color, index }]),
    ),
  },
];

/** 1 and 0 as an agent's state. */
export const upMappings: readonly ValueMapping[] = [
  {
    type: MappingType.ValueToText,
    options: { '0': { text: 'offline', color: 'red', index: 0 }, '1': { text: 'online', color: 'green', index: 1 } },
  },
];
