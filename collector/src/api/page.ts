import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { Api } from './contract.ts';

const NOT_BUILT = 'The page is not built: run `npm run build`. The API works without it; see /docs.\n';

/** A file whose name has the hash of its content never changes. */
const hashedName = /-[0-9A-Z]{8}\.\w+$/;

/** Serves the page from a directory; null, or a directory without one, gives a hint instead. */
export function registerPage(api: Api, directory: string | null): void {
  if (directory === null || !existsSync(join(directory, 'index.html'))) {
    api.get('/', { schema: { hide: true } }, async (_, reply) =>
      reply.type('text/plain; charset=utf-8').send(NOT_BUILT),
    );
    return;
  }
  api.register(fastifyStatic, {
    root: directory,
    schemaHide: true,
    decorateReply: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      reply.setHeader('cache-control', hashedName.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}
