import * as z from 'zod';
import { type ErrorCode, errorCatalogue } from '#base/error.ts';
import { jobId } from '#wire/jobs.ts';
import { pilotMessage } from '#wire/pilot-messages.ts';
import { poolMessage } from '#wire/pool-messages.ts';
import { problem } from '#wire/problem.ts';
import { protocolVersion } from '#wire/protocol.ts';
import { sessionAnswer, sessionRequest } from '#wire/session-messages.ts';
import { type Json, OpenApiSchemas } from './openapi-schemas.ts';
import type { Door, Registered } from './route.ts';

/** Each event is one of the JSON answer's; `Last-Event-ID` goes on after one. */
const eventStreams = { 'text/event-stream': { schema: { type: 'string' } } };

/** Codes that any route with a token may answer. */
const usual: readonly ErrorCode[] = [
  'Unauthenticated',
  'Forbidden',
  'Unavailable',
  'StoreFailed',
  'Internal',
];

/**
 * The OpenAPI 3.1 document of a pool, made of the schemas by which its routes validate. Every schema is what travels: a field
 * with a default may be absent. Fields may be added at any time; readers ignore those that they do not know.
 */
export function openApi(routes: readonly Registered[]): Json {
  const schemas = new OpenApiSchemas();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.url.replaceAll(/:([A-Za-z]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, schemas) };
  }
  paths['/v1/pilot'] = { get: pilotSocket(schemas) };
  paths['/v1/jobs/{job}/session'] = { get: sessionSocket(schemas) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'A Glidein pool',
      version: String(protocolVersion),
      description:
        'Jobs, files, pilots and the demand for them. Errors have a code from the catalogue in errors.md.',
    },
    paths: Object.fromEntries(Object.entries(paths).sort(([one], [other]) => (one < other ? -1 : 1))),
    components: {
      schemas: schemas.named(),
      securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

function operation(
  { method, url, door, params, querystring, body }: Registered,
  schemas: OpenApiSchemas,
): Json {
  const takes = door.body ?? body;
  const parameters = [
    ...schemas.parameters('path', params ?? pathParameters(url)),
    ...schemas.parameters('query', querystring),
  ];
  return {
    operationId: nameOf(method, url),
    summary: door.summary,
    ...access(door),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(takes === undefined ? {} : { requestBody: { required: true, content: schemas.content(takes) } }),
    responses: {
      ...success(door, schemas),
      ...failures(codesOf(door, { hasInput: parameters.length > 0, hasBody: takes !== undefined }), schemas),
    },
  };
}

/** Parameters of a path for which the route has no schema. */
function pathParameters(url: string): z.ZodObject | undefined {
  const names = [...url.matchAll(/:([A-Za-z]+)/g)].flatMap(([, name]) => name ?? []);
  return names.length === 0
    ? undefined
    : z.object(Object.fromEntries(names.map((name) => [name, z.string()])));
}

/** Such as `getV1JobsJobWhy`. */
const nameOf = (method: string, url: string): string =>
  method.toLowerCase() +
  url
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');

const access = ({ roles, scope }: Door): Json =>
  roles === 'anyone'
    ? { security: [] }
    : {
        security: [{ token: [] }],
        'x-roles': [...roles, 'admin'],
        ...(scope === undefined ? {} : { 'x-scope': scope }),
      };

function success({ answer, streams = false }: Door, schemas: OpenApiSchemas): Json {
  if (answer === 'nothing') return { 204: { description: 'It is done.' } };
  return {
    200: {
      description: 'The answer.',
      content: { ...schemas.content(answer), ...(streams ? eventStreams : {}) },
    },
  };
}

function codesOf(
  { roles, errors = [] }: Door,
  { hasInput, hasBody }: { readonly hasInput: boolean; readonly hasBody: boolean },
): ReadonlySet<ErrorCode> {
  return new Set([
    ...(roles === 'anyone' ? [] : usual),
    ...(hasInput || hasBody ? (['InvalidArgument'] as const) : []),
    ...(hasBody ? (['TooLarge', 'Timeout', 'InvalidMessage'] as const) : []),
    ...errors,
  ]);
}

/** One entry for each status, which names its codes. */
function failures(codes: ReadonlySet<ErrorCode>, schemas: OpenApiSchemas): Json {
  const byStatus = Object.groupBy([...codes], (code) => errorCatalogue[code].status);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, all]) => [
      status,
      {
        description: all.map((code) => `${code}: ${errorCatalogue[code].means}`).join(' '),
        content: schemas.content(problem),
        'x-codes': all,
      },
    ]),
  );
}

/** The WebSocket of pilots is no route: its request is upgraded. */
function pilotSocket(schemas: OpenApiSchemas): Json {
  return {
    operationId: 'getV1Pilot',
    summary: 'The WebSocket of a pilot; each message is one JSON text',
    security: [{ token: [] }],
    'x-roles': ['pilot', 'admin'],
    responses: {
      101: {
        description: 'The connection is a WebSocket from here on.',
        'x-messages-to-pool': schemas.of(pilotMessage),
        'x-messages-to-pilot': schemas.of(poolMessage),
      },
      ...failures(new Set([...usual, 'NotFound', 'InvalidMessage']), schemas),
    },
  };
}

/** The WebSocket of a session in a job is no route either. */
function sessionSocket(schemas: OpenApiSchemas): Json {
  return {
    operationId: 'getV1JobsJobSession',
    summary: 'The WebSocket of a session in a running job, for `glidein ssh`; each message is one JSON text',
    security: [{ token: [] }],
    'x-roles': ['submitter', 'admin'],
    'x-scope': 'compute.modify',
    parameters: schemas.parameters('path', z.object({ job: jobId })),
    responses: {
      101: {
        description: 'The connection is a WebSocket from here on.',
        'x-messages-to-pool': schemas.of(sessionRequest),
        'x-messages-to-client': schemas.of(sessionAnswer),
      },
      ...failures(new Set([...usual, 'NotFound', 'Conflict', 'Unsupported', 'InvalidMessage']), schemas),
    },
  };
}
