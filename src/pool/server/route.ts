import type { FastifyInstance, FastifyTypeProvider } from 'fastify';
import type * as z from 'zod';
import type { ErrorCode } from '#base/error.ts';
import type { Role } from '#wire/role.ts';
import { type ComputeScope, requireRole, requireScope } from '../auth/access.ts';
import { parseBody } from './request.ts';

/** What a route answers: JSON of a schema, bytes of a file, text, or nothing but its status. */
export type Answer = z.ZodType | 'file' | 'text' | 'nothing';

/** Who may use a route, and what a reader of the pool's OpenAPI document must know beyond the schemas of parameters. */
export interface Door {
  /** What it does, in a few words. */
  readonly summary: string;
  /** Who may ask; an admin always may. `anyone` needs no token. */
  readonly roles: readonly Role[] | 'anyone';
  /** What the token must allow of jobs, if it says what it allows. */
  readonly scope?: ComputeScope | undefined;
  /** The body, if the route reads it by itself. */
  readonly body?: z.ZodType | 'file';
  readonly answer: Answer;
  /** Whether it answers a request that accepts `text/event-stream` with a stream that does not end. */
  readonly streams?: boolean;
  /** Codes that only some routes answer. */
  readonly errors?: readonly ErrorCode[];
}

/** A route as it was registered. */
export interface Registered {
  readonly method: string;
  /** With parameters as Fastify writes them, such as `/v1/jobs/:job`. */
  readonly url: string;
  readonly door: Door;
  readonly params?: z.ZodObject | undefined;
  readonly querystring?: z.ZodObject | undefined;
  readonly body?: z.ZodType | undefined;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    door?: Door;
  }
}

/** Gives handlers the type of what the schemas of their routes let through. */
interface ZodTypes extends FastifyTypeProvider {
  validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
}

/** An application that validates parameters, queries and bodies by the zod schemas of its routes. */
export type Routes = FastifyInstance<
  FastifyInstance['server'],
  Parameters<FastifyInstance['routing']>[0],
  Parameters<FastifyInstance['routing']>[1],
  FastifyInstance['log'],
  ZodTypes
>;

/**
 * Validates by zod, and collects every route that is registered from here on.
 * @throws Error for a route that does not say who may use it
 */
export function collectRoutes(app: FastifyInstance): readonly Registered[] {
  const routes: Registered[] = [];
  app.setValidatorCompiler<z.ZodType>(({ schema }) => (value) => {
    try {
      return { value: parseBody(schema, value) };
    } catch (error) {
      return { error: error as Error };
    }
  });
  app.addHook('onRoute', ({ method, url, config, schema }) => {
    const door = config?.door;
    if (door === undefined) throw new Error(`the route ${String(method)} ${url} does not say who may use it`);
    for (const each of [method].flat()) routes.push({ ...schema, method: each, url, door } as Registered);
  });
  return routes;
}

/** Refuses requests of roles that a route is not for, before anything of their bodies is read. */
export function checkRoles(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ identity, routeOptions }) => {
    const { roles = 'anyone', scope } = routeOptions.config.door ?? {};
    if (roles !== 'anyone') requireRole(identity, ...roles);
    if (scope !== undefined) requireScope(identity, scope);
  });
}
