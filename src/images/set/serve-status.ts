import { createHash, timingSafeEqual } from 'node:crypto';
import { fastify } from 'fastify';
import { describeError, errorCatalogue, GlideinError } from '#base/error.ts';
import { issueInWords } from '#base/issue-in-words.ts';
import { type ImageLease, type ImageSetStatus, imageLease } from '#spec/image-set-status.ts';
import { metricsText, type Registry } from '#telemetry/metrics.ts';

export interface StatusServerOptions {
  readonly host: string;
  readonly port: number;
  /** The token that is wanted now; read again for each request, because it may be replaced. */
  readonly token: () => Promise<string>;
  /** Whether an `Authorization` header opens the metrics, and nothing else. */
  readonly mayScrape: (authorization: string | undefined) => Promise<boolean>;
  readonly status: () => ImageSetStatus;
  readonly putLease: (holder: string, lease: ImageLease) => Promise<void>;
  readonly dropLease: (holder: string) => Promise<void>;
  readonly registry: Registry;
}

export interface StatusServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The most bytes of a request: a lease of ten thousand images. */
const longestBody = 2 ** 20;

/** What probes ask. */
const open: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/**
 * | route                        | who             | what                                            |
 * |------------------------------|-----------------|-------------------------------------------------|
 * | `GET /healthz`, `/readyz`    | anybody         | whether the process answers: it works before it listens |
 * | `GET /v1/status`             | with the token  | what is known of each image                     |
 * | `GET /metrics`               | with the token, or one for that alone | figures for Prometheus    |
 * | `PUT /v1/leases/HOLDER`      | with the token  | the images that HOLDER uses from now on         |
 * | `DELETE /v1/leases/HOLDER`   | with the token  | HOLDER uses none any more                       |
 */
export async function serveStatus(options: StatusServerOptions): Promise<StatusServer> {
  const { host, port, status, registry } = options;
  const app = fastify({
    bodyLimit: longestBody,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 256 },
  });
  app.setErrorHandler(async (error, _request, reply) => {
    const known = error instanceof GlideinError ? error : undefined;
    const given = (error as { readonly statusCode?: number }).statusCode;
    const code = known === undefined ? (given ?? 500) : errorCatalogue[known.code].status;
    return await reply.code(code).send({
      code: known?.code ?? (code < 500 ? 'InvalidArgument' : 'Internal'),
      message: describeError(error),
    });
  });
  app.addHook('onRequest', async ({ url, headers }) => {
    if (open.has(url)) return;
    if (url === '/metrics' && (await options.mayScrape(headers.authorization))) return;
    requireToken(headers.authorization, await options.token());
  });
  for (const path of open) app.get(path, () => ({ status: 'ok' }));
  app.get('/v1/status', () => status());
  app.get('/metrics', async (_request, reply) =>
    reply.type(registry.contentType).send(await metricsText(registry)),
  );
  app.put<{ Params: { holder: string } }>('/v1/leases/:holder', async ({ params, body }, reply) => {
    const lease = imageLease.safeParse(body);
    if (!lease.success) throw new GlideinError('InvalidArgument', issueInWords(lease.error, 'the lease'));
    await options.putLease(params.holder, lease.data);
    return await reply.code(204).send();
  });
  app.delete<{ Params: { holder: string } }>('/v1/leases/:holder', async ({ params }, reply) => {
    await options.dropLease(params.holder);
    return await reply.code(204).send();
  });
  const url = await app.listen({ host, port });
  return { url, close: () => app.close() };
}

/** @throws GlideinError Unauthenticated */
function requireToken(authorization: string | undefined, token: string): void {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const isRight = token !== '' && timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`));
  if (!isRight) throw new GlideinError('Unauthenticated', 'the request has no valid token');
}
