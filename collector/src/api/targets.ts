import { Type } from 'typebox';
import { catalogue } from '../kpi/targets.ts';
import { object, type RouteParts } from './contract.ts';
import { targetAnswer, targetAnswerOf } from './judged-target.ts';

const targetsAnswer = object({
  edition: Type.String({ format: 'date', description: 'of the catalogue' }),
  targets: Type.Array(targetAnswer),
});

export function registerTargets({ api }: RouteParts): void {
  const schema = {
    summary: 'The catalogue of targets that a site can be held against',
    tags: ['collector'],
    response: { 200: targetsAnswer },
  };
  api.get('/api/v1/targets', { schema }, async () => ({
    edition: catalogue.edition,
    targets: catalogue.targets.map(targetAnswerOf),
  }));
}
