import { timingSafeEqual, createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from './problems.ts';

const WHERE = 'it is in the file `token` of the collector’s data directory, and goes into `Authorization: Bearer …`';

/**
 * Lets nobody write who does not know the token. It is asked for in a header, which no page of another origin can send by
 * itself; there are no cookies.
 * @returns a hook for routes that write
 */
export function authorise(token: string): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const expected = digest(token);
  return async ({ headers: { authorization } }, reply) => {
    const [, given] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
    if (given === undefined) {
      reply.header('www-authenticate', 'Bearer');
      throw new Problem('token-required', `a token is required: ${WHERE}`);
    }
    if (!timingSafeEqual(digest(given), expected)) throw new Problem('wrong-token', `this is not the token: ${WHERE}`);
  };
}

/** Of one length, whatever was given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
