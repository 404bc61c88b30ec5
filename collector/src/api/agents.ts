import { type Static, Type } from 'typebox';
import type { AgentFigures } from '../figures.ts';
import { isoTime } from '../kpi/period.ts';
import { instant, nullable, object, type RouteParts } from './contract.ts';

const count = Type.Integer({ minimum: 0 });

const agentAnswer = object({
  agent: Type.String(),
  site: Type.String(),
  group: Type.String(),
  state: Type.Enum(['online', 'offline', 'unknown']),
  lastSeen: nullable(instant),
  epoch: nullable(Type.String()),
  seq: nullable(Type.Integer()),
  lost: Type.Integer({ minimum: 0, description: 'messages that the agent itself lost' }),
  duplicates: count,
  rejected: count,
  clockSkewMs: nullable(Type.Number()),
  spoolDepth: nullable(count),
  software: nullable(Type.String()),
  sources: nullable(
    object({
      total: count,
      failing: Type.Array(
        object({
          source: Type.String(),
          state: Type.Enum(['retry', 'absent', 'fatal']),
          since: instant,
          reason: Type.String(),
        }),
      ),
    }),
  ),
});

export function registerAgents({ api, figures }: RouteParts): void {
  const schema = { summary: 'All agents', tags: ['agents'], response: { 200: Type.Array(agentAnswer) } };
  api.get('/api/v1/agents', { schema }, async () => figures.agents().map(answer));
}

function answer({ lastSeenMs, sources, ...agent }: AgentFigures): Static<typeof agentAnswer> {
  return {
    ...agent,
    lastSeen: lastSeenMs === null ? null : isoTime(lastSeenMs),
    sources: sources && {
      total: sources.total,
      failing: sources.failing.map(({ since, ...failure }) => ({ ...failure, since: isoTime(since) })),
    },
  };
}
