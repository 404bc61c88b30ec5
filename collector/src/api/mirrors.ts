import { Type } from 'typebox';
import { nullable, object, type RouteParts } from './contract.ts';

const count = Type.Integer({ minimum: 0 });

const mirrorAnswer = object({
  mirror: Type.String({
    description: '`_store` is the InfluxDB that is the store; it gets reports through a queue, too',
  }),
  url: Type.String(),
  problem: nullable(Type.String({ description: 'why it takes nothing, and what to do; null while all is well' })),
  waitingLines: count,
  queueBytes: Type.Integer({ minimum: 0, description: 'on disk, with what was sent and is not removed yet' }),
  behindMs: Type.Integer({ minimum: 0, description: 'for how long the oldest line has waited' }),
  sentLines: count,
  rejectedLines: Type.Integer({ minimum: 0, description: 'that the server will never take' }),
  droppedLines: Type.Integer({ minimum: 0, description: 'lost because the queue was full or the disk took nothing' }),
});

export function registerMirrors({ api, figures }: RouteParts): void {
  const schema = {
    summary: 'The mirrors, and how far they are; counts are since the start',
    tags: ['collector'],
    response: { 200: Type.Array(mirrorAnswer) },
  };
  api.get('/api/v1/mirrors', { schema }, async () => [...figures.health().mirrors]);
}
