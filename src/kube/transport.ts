import { Agent, type Dispatcher } from 'undici';
import { Backoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import type { ClusterConfig } from './cluster-config.ts';
import { errorOfAnswer, errorOfSilence, isTransient, KubeError } from './kube-error.ts';
import { resourceIn } from './resource-in.ts';
import type { TransportMetrics } from './transport-metrics.ts';

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path, without a query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Of the body. Default: `application/json`. */
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  /** Called when nothing is waited for any more before the request is sent; what it throws keeps the request back. */
  readonly guard?: (() => void) | undefined;
  /** Milliseconds for the whole answer of one try. Default: 30,000. */
  readonly timeoutMs?: number;
}

export interface TransportOptions {
  readonly config: ClusterConfig;
  readonly clock: Clock;
  readonly random: () => number;
  /** Connections for requests; watches have their own. Default: 16. */
  readonly connections?: number;
  /** How often a GET is tried. Default: 4. */
  readonly tries?: number;
  readonly userAgent?: string;
  readonly metrics?: TransportMetrics;
}

/**
 * HTTP/1.1 to one API server over pooled connections. The client library is not used because it opens a TLS connection for
 * every request, and because its models drop fields that it does not know.
 *
 * A GET is retried after a lost connection, 429 and 5xx: after twice the delay each time, never earlier than the server's
 * `Retry-After`, and not after `signal`. Any other request may have taken effect, so the caller must look before it tries
 * again. A watch keeps its connection for minutes, so watches have their own connections.
 */
export class Transport {
  readonly #config: ClusterConfig;
  readonly #options: TransportOptions;
  readonly #requests: Agent;
  readonly #watches: Agent;
  readonly #base: string;
  readonly #origin: string;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#config = options.config;
    const url = new URL(options.config.server);
    this.#origin = url.origin;
    this.#base = url.pathname.replace(/\/+$/, '');
    const shared = { connect: connectOptions(options.config), allowH2: false, pipelining: 1 };
    this.#requests = new Agent({
      ...shared,
      connections: options.connections ?? 16,
      keepAliveTimeout: 30_000,
    });
    this.#watches = new Agent({ ...shared, connections: null, bodyTimeout: 0, keepAliveTimeout: 1_000 });
  }

  /**
   * The parsed answer. Undefined: the answer has no body.
   * @throws KubeError for any status but 2xx, for silence, and for an answer that is not JSON
   */
  async json(request: KubeRequest): Promise<unknown> {
    const text = await this.text(request);
    if (text === '') return undefined;
    try {
      return JSON.parse(text);
    } catch (error) {
      throw errorOfSilence(`${request.method} ${request.path}`, error);
    }
  }

  /** The answer as text, such as a log. @throws KubeError as `json` does */
  async text(request: KubeRequest): Promise<string> {
    const { clock, random, tries = 4 } = this.#options;
    const backoff = new Backoff({ first: 200, most: 10_000, random });
    for (let left = request.method === 'GET' ? tries : 1; ; left--) {
      try {
        return await this.#once(request);
      } catch (error) {
        if (left <= 1 || !(error instanceof KubeError) || !isTransient(error)) throw error;
        await sleep(clock, Math.max(backoff.next(), error.retryAfterMs ?? 0), request.signal);
        request.signal?.throwIfAborted();
      }
    }
  }

  /**
   * Opens an endless answer (a watch, a followed log). The caller must read it to its end or abort `signal`, and must
   * notice itself when the answer falls silent.
   * @throws KubeError for any status but 2xx, and for silence before the first byte
   */
  async stream(request: KubeRequest & { readonly signal: AbortSignal }): Promise<AsyncIterable<Buffer>> {
    const answer = await this.#dispatch(this.#watches, request, request.signal);
    if (answer.statusCode >= 300) throw await this.#refusal(request, answer, request.signal);
    this.#count(request, answer.statusCode);
    return answer.body;
  }

  /** Closes every connection, even those of watches. */
  async close(): Promise<void> {
    await Promise.all([this.#requests.destroy(), this.#watches.destroy()]);
  }

  async #once(request: KubeRequest): Promise<string> {
    const { clock, metrics } = this.#options;
    const started = clock.monotonic();
    const timeout = new AbortController();
    const timer = clock.after(request.timeoutMs ?? 30_000, () => timeout.abort(new Error('too slow')));
    const signal = request.signal ? AbortSignal.any([request.signal, timeout.signal]) : timeout.signal;
    try {
      const answer = await this.#dispatch(this.#requests, request, signal);
      if (answer.statusCode >= 300) throw await this.#refusal(request, answer, signal);
      const text = await answer.body.text().catch((error: unknown) => this.#lost(request, error));
      this.#count(request, answer.statusCode);
      return text;
    } finally {
      timer.cancel();
      metrics?.seconds.observe({ method: request.method }, (clock.monotonic() - started) / 1000);
    }
  }

  async #dispatch(agent: Agent, request: KubeRequest, signal: AbortSignal) {
    const headers = await this.#headers(request);
    const path = `${this.#base}${request.path}${queryText(request.query)}`;
    const body = request.body === undefined ? null : JSON.stringify(request.body);
    signal.throwIfAborted();
    request.guard?.();
    return agent
      .request({ origin: this.#origin, path, method: request.method, headers, body, signal })
      .catch((error: unknown) => this.#lost(request, error));
  }

  async #headers(request: KubeRequest): Promise<Record<string, string>> {
    const token = await this.#config.token();
    return {
      // Answers that are not objects, such as a key set, have their own types.
      accept: 'application/json, */*',
      'user-agent': this.#options.userAgent ?? 'glidein',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(this.#config.impersonate === undefined ? {} : { 'impersonate-user': this.#config.impersonate }),
      ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
    };
  }

  async #refusal(
    request: KubeRequest,
    answer: Dispatcher.ResponseData,
    signal: AbortSignal,
  ): Promise<KubeError> {
    this.#count(request, answer.statusCode);
    const retryAfter = answer.headers['retry-after'];
    // If the connection breaks now, the status is still known, and the text matters little.
    const text = await answer.body.text().catch(() => '');
    signal.throwIfAborted();
    return errorOfAnswer(
      `${request.method} ${request.path}`,
      answer.statusCode,
      text,
      typeof retryAfter === 'string' ? retryAfter : undefined,
    );
  }

  #lost(request: KubeRequest, error: unknown): never {
    // If the caller aborted, this is not a failure of the server.
    request.signal?.throwIfAborted();
    this.#count(request, 0);
    throw errorOfSilence(`${request.method} ${request.path}`, error);
  }

  #count(request: KubeRequest, status: number): void {
    const { metrics } = this.#options;
    const { method, path } = request;
    metrics?.requests.inc({ method, status: String(status) });
    if (status === 0 || status >= 400)
      metrics?.errors.inc({ method, resource: resourceIn(path), status: String(status) });
  }
}

function connectOptions(config: ClusterConfig) {
  return {
    timeout: 10_000,
    keepAliveInitialDelay: 30_000,
    ...(config.ca === undefined ? {} : { ca: config.ca }),
    ...(config.cert === undefined ? {} : { cert: config.cert }),
    ...(config.key === undefined ? {} : { key: config.key }),
    ...(config.serverName === undefined ? {} : { servername: config.serverName }),
    ...(config.skipVerify ? { rejectUnauthorized: false } : {}),
  };
}

function queryText(query: KubeRequest['query']): string {
  const set = Object.entries(query ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return set.length === 0 ? '' : `?${new URLSearchParams(set).toString()}`;
}
