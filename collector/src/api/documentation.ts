import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { Api } from './contract.ts';
import { problemAnswer } from './problems.ts';

const DESCRIPTION = `Times are ISO 8601 in UTC, energy is in Wh, power in W, \`null\` is unknown. Errors are problem details
(RFC 9457) with a stable \`code\`.`;

/** Swagger's page has inline styles; nothing else is allowed beyond the collector's own files. */
const PAGE_POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Before the routes, which it takes down. */
export function registerDocumentation(api: Api): void {
  api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Wattmark collector',
        version: '1.0.0',
        description: DESCRIPTION,
        license: { name: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    transform: ({ schema, url }) => ({ schema: { ...schema, response: withProblems(schema?.response) }, url }),
  });
  api.register(swaggerUi, { routePrefix: '/docs', staticCSP: PAGE_POLICY, uiConfig: { tryItOutEnabled: true } });
  api.get('/openapi.json', { schema: { hide: true } }, async () => api.swagger());
}

/** Any request can fail, and all fail alike. */
function withProblems(response: unknown): object {
  const content = { 'application/problem+json': { schema: problemAnswer } };
  return { ...(response as object | undefined), default: { description: 'what went wrong', content } };
}
