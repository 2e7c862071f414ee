import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { describeError, type ErrorCode, errorCatalogue, GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import type { Logger } from '#telemetry/logger.ts';
import { endWith } from './end-with.ts';
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
    return answerWith(reply, known);
  });
}

function answerWith(reply: FastifyReply, { code, message, cure, place }: GlideinError): FastifyReply {
  return reply.code(errorCatalogue[code].status).send({ code, message, cure, place });
}

/** Fastify's refusals of addresses, before any route is found. */
export function answerBadUrl(error: Error, _request: FastifyRequest, reply: FastifyReply): void {
  void answerWith(reply, asGlideinError(error));
}

/** Refuses what Node cannot read as a request, or what does not come in time. */
export function answerNoRequest(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
  else endWith(socket, noRequest[error.code ?? ''] ?? notHttp);
}

const notHttp = new GlideinError('InvalidMessage', 'this is no valid HTTP request');

const noRequest: Readonly<Record<string, GlideinError>> = {
  HPE_HEADER_OVERFLOW: new GlideinError('TooLarge', 'the headers of the request are too large'),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: new GlideinError('TooLarge', 'the chunk extensions are too large'),
  ERR_HTTP_REQUEST_TIMEOUT: new GlideinError('Timeout', 'the request did not come in time'),
};

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
