import { Type } from 'typebox';
import { object, type RouteParts, requireSite } from './contract.ts';
import type { LiveFeed } from './live-feed.ts';
import { Problem } from './problems.ts';

const streamQuery = object({ site: Type.Optional(Type.String({ description: 'only this site; by default all' })) });

const RETRY = 'retry: 3000\n\n';

export function registerLiveStream({ api, figures }: RouteParts, feed: LiveFeed): void {
  const schema = {
    summary: 'Live figures as server-sent events',
    description: 'One `live` event for each site at once, then one for each change; its data is the answer of /live.',
    tags: ['sites'],
    querystring: streamQuery,
    response: { 200: { description: 'events', content: { 'text/event-stream': { schema: Type.String() } } } },
  };
  api.get('/api/v1/live', { schema, exposeHeadRoute: false }, async ({ query }, reply) => {
    const site = query.site === undefined ? null : requireSite(figures, query.site).site;
    if (!feed.admit()) throw new Problem('too-many-clients', 'ask /api/v1/sites/{site}/live from time to time instead');
    reply.hijack();
    reply.raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // A proxy that gathers events delays them.
      'x-accel-buffering': 'no',
    });
    reply.raw.write(RETRY);
    feed.add(reply.raw, site);
  });
  api.addHook('preClose', async () => feed.close());
}
