import { Type } from 'typebox';
import { object, type RouteParts } from './contract.ts';

const ok = object({ status: Type.Literal('ok') });
const failing = object({ status: Type.Literal('failing'), reason: Type.String() });

export function registerHealth({ api, figures }: RouteParts): void {
  const schema = { summary: 'Whether the collector works', tags: ['collector'], response: { 200: ok, 503: failing } };
  api.get('/healthz', { schema }, async (_, reply) => {
    const { problem } = figures.health();
    if (problem === null) return { status: 'ok' as const };
    return reply.code(503).send({ status: 'failing' as const, reason: problem });
  });
}
