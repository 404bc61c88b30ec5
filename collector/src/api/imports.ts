import { channelNames } from '@wattmark/shared/channels';
import { ID_RULE, isId } from '@wattmark/shared/ids';
import { Type } from 'typebox';
import { blockLimits } from '../import/block.ts';
import { authorise } from './authorisation.ts';
import { object, type RouteParts, requireSite, siteParams } from './contract.ts';
import { attempt, RESTATING_MS, type Writing } from './corrections.ts';
import { Problem } from './problems.ts';

const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });

const file = object({
  name: text(500),
  bytes: Type.Integer({ minimum: 0 }),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
});

const beginBody = object({
  by: text(200),
  reason: text(200),
  files: Type.Array(file, { maxItems: 1_000 }),
  mapping: Type.String({ maxLength: 100_000, description: 'how the files were read, as it was written' }),
});

const importParams = object({ site: Type.String(), id: Type.String({ pattern: '^\\d{1,15}$' }) });
const blockQuery = object({ point: Type.String(), channel: Type.Enum([...channelNames]) });

const PATH = '/api/v1/sites/:site/imports';
const BODY_BYTES = 256 * 1024;

export function registerImports(parts: RouteParts, importing: Writing): void {
  parts.api.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_, body, done) =>
    done(null, body),
  );
  registerBegin(parts, importing);
  registerBlock(parts, importing);
  registerCommit(parts, importing);
}

function registerBegin({ api, figures }: RouteParts, { imports, token }: Writing): void {
  const schema = {
    summary: 'Begins the import of a history; nothing counts before it is committed',
    tags: ['corrections'],
    params: siteParams,
    body: beginBody,
    security: [{ token: [] }],
    response: { 201: object({ import: Type.String({ description: 'number of its record in the evidence log' }) }) },
  };
  api.post(PATH, { schema, bodyLimit: BODY_BYTES, onRequest: authorise(token) }, async ({ params, body }, reply) => {
    const id = await attempt(imports.begin(requireSite(figures, params.site), body));
    return reply.code(201).send({ import: id });
  });
}

function registerBlock({ api, figures }: RouteParts, { imports, token }: Writing): void {
  const schema = {
    summary: 'Adds a block of readings of one channel of a point, as `wattmark-collector import` packs them',
    tags: ['corrections'],
    params: importParams,
    querystring: blockQuery,
    consumes: ['application/octet-stream'],
    security: [{ token: [] }],
    response: { 201: object({ readings: Type.Integer() }) },
  };
  const options = { schema, bodyLimit: blockLimits.bytes, onRequest: authorise(token) };
  api.post(`${PATH}/:id/blocks`, options, async ({ params, query, body }, reply) => {
    const site = requireSite(figures, params.site);
    if (!isId(query.point)) throw new Problem('invalid-request', `point must be ${ID_RULE}`);
    if (!Buffer.isBuffer(body)) throw new Problem('invalid-request', 'a block is a body of application/octet-stream');
    const readings = await attempt(imports.add(site, params.id, query.point, query.channel, body));
    return reply.code(201).send({ readings });
  });
}

function registerCommit({ api, figures }: RouteParts, { imports, token }: Writing): void {
  const schema = {
    summary: 'Lets an import count; answers when everything that it touches is restated',
    tags: ['corrections'],
    params: importParams,
    security: [{ token: [] }],
    response: { 201: object({ correction: Type.String({ description: 'id of the correction that it is' }) }) },
  };
  const options = { schema, handlerTimeout: RESTATING_MS, onRequest: authorise(token) };
  api.post(`${PATH}/:id/commit`, options, async ({ params }, reply) => {
    reply.raw.setTimeout(RESTATING_MS, () => reply.raw.destroy());
    const { id } = await attempt(imports.commit(requireSite(figures, params.site), params.id));
    return reply.code(201).send({ correction: id });
  });
}
