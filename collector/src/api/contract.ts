import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, FastifyTypeProvider, RawServerDefault } from 'fastify';
import { type Static, type TSchema, Type } from 'typebox';
import type { Figures } from '../figures.ts';
import { targetsOf } from '../kpi/site-targets.ts';
import type { MainTarget } from '../kpi/targets.ts';
import type { Site } from '../site/site.ts';
import { Problem } from './problems.ts';

/** What several answers of the API have in common. */

interface SchemaTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  readonly serializer: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
}

/** A server whose handlers have the types of their routes' schemas. */
export type Api = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, SchemaTypes>;

/** What every route is made of. */
export interface RouteParts {
  readonly api: Api;
  readonly figures: Figures;
  readonly now: () => number;
}

/** `schema`, or null where the value is unknown. */
export function nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

/** An answer's object: fields that are not declared are a mistake. */
export function object<P extends Record<string, TSchema>>(properties: P, description?: string) {
  return Type.Object(properties, { additionalProperties: false, ...(description !== undefined && { description }) });
}

export const wattHours = nullable(Type.Number({ description: 'Wh' }));
export const watts = nullable(Type.Number({ description: 'W' }));
export const share = nullable(Type.Number({ description: '0 to 1' }));
export const instant = Type.String({ format: 'date-time' });
export const siteParams = object({ site: Type.String() });
export const pointParams = object({ site: Type.String(), point: Type.String() });

/** Energy or power of each role that the site has. */
export const byRole = Type.Record(Type.String(), nullable(Type.Number()));

export const targetSummary = object({
  id: Type.String(),
  metric: Type.Enum(['pue', 'see']),
  value: Type.Number(),
  name: Type.String(),
});

/** The site's target in short, or null where it has none. */
export function summaryOf(site: Site): Static<typeof targetSummary> | null {
  const target = targetOf(site);
  if (target === null) return null;
  const { id, metric, value, name } = target;
  return { id, metric, value, name };
}

/** The site's main target, in the catalogue or its own; null where it has none. */
export function targetOf(site: Site): MainTarget | null {
  return targetsOf(site).main;
}

/** @throws Problem where the collector knows no site of this id. */
export function requireSite(figures: Figures, id: string): Site {
  const site = figures.site(id);
  if (site === undefined)
    throw new Problem('unknown-site', `there is no site ${id}; /api/v1/sites lists those there are`);
  return site;
}
