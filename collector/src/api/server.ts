import type { Logger } from '@wattmark/shared/logger';
import fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import type { Figures } from '../figures.ts';
import type { RollingKpis } from '../rolling-kpis.ts';
import { registerAgents } from './agents.ts';
import { registerChanges } from './changes.ts';
import type { Api, RouteParts } from './contract.ts';
import { registerCorrections, type Writing } from './corrections.ts';
import { registerDocumentation } from './documentation.ts';
import { registerExplain } from './explain.ts';
import { registerFindings } from './findings.ts';
import { registerFigures } from './figures.ts';
import { registerHealth } from './health.ts';
import { registerImports } from './imports.ts';
import { registerKpis } from './kpis.ts';
import { registerLive } from './live.ts';
import { type FeedLimits, feedLimits, LiveFeed } from './live-feed.ts';
import { registerLiveStream } from './live-stream.ts';
import { registerMirrors } from './mirrors.ts';
import { registerMetrics } from './metrics.ts';
import { registerPage } from './page.ts';
import { registerPointSeries } from './point-series.ts';
import { registerPoints } from './points.ts';
import { answerError, Problem, registerProblems } from './problems.ts';
import { registerSeries } from './series.ts';
import { registerSites } from './sites.ts';
import { registerTargets } from './targets.ts';

export interface ApiOptions {
  /** Directory of the built page; null where it is not built. */
  readonly page: string | null;
  readonly now: () => number;
  readonly log: Logger;
  readonly feed?: FeedLimits;
  /** Without it nothing can be written through the API. */
  readonly writing?: Writing;
  /** Without it the metrics have no figures of the last days. */
  readonly rolling?: RollingKpis;
}

/** The collector's HTTP side, ready to listen. */
export function buildApi(figures: Figures, options: ApiOptions): Api {
  const { page, now, log, feed: limits = feedLimits, writing, rolling } = options;
  const api = createServer(log);
  const feed = new LiveFeed(figures, limits);
  registerProblems(api);
  registerHeaders(api);
  registerDocumentation(api);
  registerPage(api, page);
  // Routes come after the documentation, which notes them as they are added.
  api.register(async (routes: Api) => {
    const parts: RouteParts = { api: routes, figures, now };
    registerHealth(parts);
    registerSites(parts);
    registerLive(parts);
    registerSeries(parts);
    registerKpis(parts);
    registerExplain(parts);
    registerTargets(parts);
    registerChanges(parts);
    registerFigures(parts);
    registerPoints(parts);
    registerPointSeries(parts);
    registerAgents(parts);
    registerMirrors(parts);
    registerFindings(parts);
    registerCorrections(parts, writing ?? null);
    if (writing !== undefined) registerImports(parts, writing);
    registerLiveStream(parts, feed);
    registerMetrics(parts, { feed, rolling: rolling ?? null, log });
  });
  return api;
}

const URL_CHARACTERS = 2_048;

function createServer(log: Logger): Api {
  const loggerInstance: FastifyBaseLogger = log;
  const api: Api = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
    // Only a correction has a body, and its route a limit of its own.
    bodyLimit: 1_024,
    requestTimeout: 10_000,
    handlerTimeout: 30_000,
    // Longer than the heartbeat of live events.
    connectionTimeout: 60_000,
    http: { maxHeaderSize: 16_384 },
    // A query is taken as it is: nothing is converted, filled in or left out, and every mistake is named.
    ajv: { customOptions: { allErrors: true, coerceTypes: false, useDefaults: false, removeAdditional: false } },
  });
  api.server.maxConnections = 4_096;
  // The default serialiser leaves out what a schema does not name; tests hold answers against their schemas instead.
  api.setSerializerCompiler(() => JSON.stringify);
  return api;
}

const securityHeaders = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const;

function registerHeaders(api: Api): void {
  api.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders);
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
    if (request.url.length > URL_CHARACTERS) {
      throw new Problem('url-too-long', `an address may have ${URL_CHARACTERS} characters`);
    }
  });
}
