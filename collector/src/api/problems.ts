import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { RangeTooLargeError } from '../kpi/boundaries.ts';
import { PeriodError } from '../kpi/period.ts';

/** Everything that a request can fail with. Codes are part of the contract: clients decide by them, not by the words. */
export const problems = {
  'unknown-site': { status: 404, title: 'There is no such site' },
  'unknown-point': { status: 404, title: 'There is no such point' },
  'unknown-correction': { status: 404, title: 'There is no such correction' },
  'not-found': { status: 404, title: 'There is nothing at this address' },
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'invalid-period': { status: 400, title: 'The period is not valid' },
  'range-too-large': { status: 400, title: 'The range is too large' },
  'token-required': { status: 401, title: 'Only who knows the token may write' },
  'wrong-token': { status: 403, title: 'The token is another one' },
  'invalid-correction': { status: 400, title: 'The correction is not valid' },
  'correction-conflict': { status: 409, title: 'The correction does not go with what is on record' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'url-too-long': { status: 414, title: 'The address is too long' },
  'too-many-clients': { status: 503, title: 'Too many clients listen already' },
  busy: { status: 503, title: 'The collector is busy with another one' },
  'not-worked-in': { status: 500, title: 'The correction is on record, but could not be worked in' },
  timeout: { status: 503, title: 'The answer took too long' },
  internal: { status: 500, title: 'The collector failed to answer' },
} as const;

export type ProblemCode = keyof typeof problems;

/** A request that cannot be answered; the message is the problem's detail. */
export class Problem extends Error {
  override name = 'Problem';
  readonly code: ProblemCode;
  constructor(code: ProblemCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

/** The body of every failure. */
export const problemAnswer = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String({ description: 'what is wrong with this request, in words' }),
  code: Type.Enum(Object.keys(problems) as ProblemCode[]),
});

/** Answers every failure with problem details (RFC 9457); what went wrong inside is logged and not told. */
export function registerProblems(api: FastifyInstance): void {
  api.setErrorHandler<FastifyError>(answerError);
  api.setNotFoundHandler((request, reply) =>
    sendProblem(reply, new Problem('not-found', `${request.method} ${request.url} is not in the API; see /docs`)),
  );
}

/** For those errors too that come before any route, such as an address that cannot be decoded. */
export function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error);
  if (problem.code === 'internal') request.log.error(error, 'a request failed');
  return sendProblem(reply, problem);
}

function sendProblem(reply: FastifyReply, { code, message }: Problem): FastifyReply {
  const { status, title } = problems[code];
  const body = { type: `urn:wattmark:problem:${code}`, title, status, detail: message, code };
  return reply
    .code(status)
    .type('application/problem+json')
    .header('cache-control', 'no-store')
    .send(JSON.stringify(body));
}

function problemOf(error: FastifyError): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof PeriodError) return new Problem('invalid-period', error.message);
  if (error instanceof RangeTooLargeError) return new Problem('range-too-large', error.message);
  if (error.validation !== undefined) return new Problem('invalid-request', error.validation.map(describe).join('; '));
  if (error.code === 'FST_ERR_HANDLER_TIMEOUT') return new Problem('timeout', 'try again, or ask for a shorter range');
  const { statusCode = 500 } = error;
  if (statusCode === 413)
    return new Problem('body-too-large', 'a correction may have 64 KiB; all other requests go without a body');
  if (statusCode >= 400 && statusCode < 500) return new Problem('invalid-request', error.message);
  return new Problem('internal', 'the reason is in the collector’s log');
}

type Finding = NonNullable<FastifyError['validation']>[number];

function describe({ keyword, instancePath, params, message }: Finding): string {
  const key = instancePath.slice(1);
  if (keyword === 'additionalProperties') return `unknown parameter ${String(params['additionalProperty'])}`;
  if (keyword === 'required') return `${String(params['missingProperty'])} is required`;
  if (keyword === 'enum') return `${key} must be one of ${(params['allowedValues'] as string[]).join(', ')}`;
  if (keyword === 'type') return `${key} must be given once`;
  return `${key} ${message}`;
}
