import { describeError, type ErrorCode, errorCatalogue, GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Routes } from './route.ts';

/** Codes that an operator should investigate; the others tell the client everything. */
const defects: ReadonlySet<ErrorCode> = new Set(['Internal', 'StoreFailed']);

/** Answers every error in the shape of `wire/problem.ts`. Details that are not for the client go to the log only. */
export function answerErrors(app: Routes, logger: Logger): void {
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      code: 'NotFound',
      message: `there is no ${request.method} ${truncate(request.url, 200)}`,
    }),
  );
  app.setErrorHandler((error, request, reply) => {
    const known = asGlideinError(error);
    if (request.raw.socket.destroyed) logger.debug({ err: error }, 'request was cut off');
    else if (defects.has(known.code)) logger.error({ err: error }, 'request failed');
    const { code, message, cure, place } = known;
    return reply.code(errorCatalogue[code].status).send({ code, message, cure, place });
  });
}

const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'InvalidArgument',
  408: 'Timeout',
  413: 'TooLarge',
  414: 'TooLarge',
  415: 'InvalidArgument',
};

/** Fastify's own refusals (a body that is too large, invalid JSON) keep their status. */
function asGlideinError(error: unknown): GlideinError {
  if (error instanceof GlideinError) return error;
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (code === 'ECONNRESET') return new GlideinError('InvalidArgument', 'the request was cut off');
  const known = codeOfStatus[statusCode ?? 500] ?? 'Internal';
  return new GlideinError(
    known,
    known === 'Internal' ? 'the pool failed to answer; its log says why' : describeError(error),
  );
}
