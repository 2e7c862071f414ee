import { forbiddenName } from '../intake/attribute-names.ts';
import type { Routes } from './route.ts';

/**
 * Reads JSON bodies as Fastify does. Fastify refuses names that would change the prototype of objects, but calls such a body
 * invalid JSON; this parser says what is really wrong.
 */
export function readJson(app: Routes): void {
  // Fastify reads it as well, and no route of a pool takes text.
  app.removeContentTypeParser('text/plain');
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    void parse(request, body, (error, value) => done(error === null ? null : reasonOf(error, body), value));
  });
}

function reasonOf(error: Error, body: string): Error {
  if (!isJson(body)) return error;
  const name = body.includes('"__proto__"')
    ? '"__proto__"'
    : '"__proto__", or "constructor" with a "prototype"';
  return forbiddenName(name);
}

function isJson(body: string): boolean {
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}
