import type { FastifyRequest } from 'fastify';
import { GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import { type AuditKind, auditKind } from '#wire/audit.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Routes } from './route.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the audit calls what the route does; `change` if its body says which action that is. */
    act?: AuditKind | 'change';
  }
}

/** The most characters of a path that are told. */
const longestPath = 200;

/** Whether somebody has tried what is not allowed. */
export const isRefusal = (error: unknown): error is GlideinError =>
  error instanceof GlideinError && (error.code === 'Forbidden' || error.code === 'Unauthenticated');

/** Tells the audit of requests that were refused because of who sent them. */
export function recordRefusals(app: Routes, audit: Pick<AuditTrail, 'doer' | 'denied'>): void {
  app.addHook('onError', async (request, _reply, error) => {
    if (!isRefusal(error)) return;
    const { raw, identity, method, url } = request;
    const [path = ''] = url.split('?');
    audit.denied(audit.doer(raw, identity), actOf(request), {
      object: `${method} ${truncate(path, longestPath)}`,
      reason: error.message,
    });
  });
}

/** The body is read only after the role has been checked. */
function actOf({ routeOptions, body }: FastifyRequest): AuditKind {
  const { act = 'request' } = routeOptions.config;
  if (act !== 'change') return act;
  const known = auditKind.safeParse((body as { action?: unknown } | undefined)?.action);
  return known.success ? known.data : 'request';
}
