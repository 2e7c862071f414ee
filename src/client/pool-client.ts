import type { Readable } from 'node:stream';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import type * as z from 'zod';
import { type ErrorCode, errorCatalogue, GlideinError } from '#base/error.ts';
import { problem } from '#wire/problem.ts';
import { connectionFailure } from './connection-failure.ts';
import { currentCa, type PoolAddress } from './pool-address.ts';
import { EndlessBody, readBody } from './read-body.ts';
import { endOf } from './token-life.ts';
import { userAgent } from './user-agent.ts';

interface RequestOptions {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'HEAD' | 'DELETE';
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly json?: unknown;
  /** A stream, for files; sent unchanged. */
  readonly body?: Readable | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** A status that is an answer as well, although it is not a success. */
  readonly accepts?: number;
}

/** The most bytes of a problem that are read. */
const mostOfProblem = 2 ** 20;

/** HTTP to one pool: keeps connections alive, and throws GlideinErrors. */
export class PoolClient {
  readonly address: PoolAddress;
  readonly #agent: Agent;
  #closed: Promise<void> | undefined;

  constructor(address: PoolAddress) {
    this.address = address;
    this.#agent = new Agent({
      connections: 16,
      // An answer may wait up to a minute for something to change.
      headersTimeout: 90_000,
      bodyTimeout: 90_000,
      ...(address.ca === undefined ? {} : { connect: connectorWithCa(address) }),
    });
  }

  /**
   * The validated JSON answer.
   * @throws GlideinError with the pool's code, or Unavailable when it does not answer.
   */
  async json<T>(path: string, shape: z.ZodType<T>, options: RequestOptions = {}): Promise<T> {
    const answer = await this.raw(path, options);
    const body = await this.#readJson(answer.body, path, options.signal);
    const parsed = shape.safeParse(body);
    if (!parsed.success) {
      throw new GlideinError('InvalidMessage', `cannot read the pool's answer to ${path}`, {
        cause: parsed.error,
        cure: 'use a glidein of the same version as the pool',
      });
    }
    return parsed.data;
  }

  /** An answer whose body the caller must read or dump. @throws GlideinError unless the status is a success, or accepted. */
  async raw(path: string, options: RequestOptions = {}): Promise<Dispatcher.ResponseData> {
    const answer = await this.#send(path, options);
    if (answer.statusCode < 300 || answer.statusCode === options.accepts) return answer;
    throw expiryOf(await this.address.token(), answer.statusCode) ?? (await this.#problemOf(answer, path));
  }

  /** Lets running requests finish, then closes their connections. Later requests fail with Unavailable. */
  async close(): Promise<void> {
    this.#closed ??= this.#agent.close();
    await this.#closed;
  }

  async #send(path: string, options: RequestOptions): Promise<Dispatcher.ResponseData> {
    const url = withQuery(new URL(path, this.address.url), options.query ?? {});
    const headers: Record<string, string> = {
      authorization: `Bearer ${await this.address.token()}`,
      'user-agent': userAgent,
      ...options.headers,
    };
    if (options.json !== undefined) headers['content-type'] = 'application/json';
    try {
      return await this.#agent.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: options.method ?? 'GET',
        headers,
        body: options.json === undefined ? (options.body ?? null) : JSON.stringify(options.json),
        signal: options.signal ?? null,
        // After HEAD, undici would close the connection, lest a server sends a body. Pools send none, and pilots ask twice per job.
        ...(options.method === 'HEAD' && { reset: false }),
      });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw await this.whyAway(error);
    }
  }

  /** The error, for people, of a connection that failed or that broke while an answer was read. */
  async whyAway(error: unknown): Promise<GlideinError> {
    return (await this.address.whyAway?.()) ?? connectionFailure(this.address.url, error);
  }

  async #problemOf(answer: Dispatcher.ResponseData, path: string): Promise<GlideinError> {
    const text = await readBody(answer.body, mostOfProblem).catch(() => '');
    const parsed = problem.safeParse(parseJson(text));
    if (!parsed.success)
      return this.#noPool('Unavailable', `it answered ${path} with status ${answer.statusCode}`);
    const { code, message, cure, place } = parsed.data;
    const known: ErrorCode = Object.hasOwn(errorCatalogue, code) ? (code as ErrorCode) : 'Internal';
    return new GlideinError(known, message, {
      ...(cure === undefined ? {} : { cure }),
      ...(place === undefined ? {} : { place: placeOf(place) }),
    });
  }

  async #readJson(
    body: Dispatcher.ResponseData['body'],
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const text = await readBody(body).catch(async (error: unknown) => {
      if (error instanceof EndlessBody)
        throw this.#noPool('InvalidMessage', `its answer to ${path} does not end`);
      if (signal?.aborted) throw error;
      // What it would have said is unknown, so this is the same as no answer.
      throw await this.whyAway(error);
    });
    const value = parseJson(text);
    if (value === undefined) throw this.#noPool('InvalidMessage', `its answer to ${path} is not JSON`);
    return value;
  }

  #noPool(code: ErrorCode, why: string): GlideinError {
    return new GlideinError(code, `what answers at ${this.address.url} is not a pool: ${why}`, {
      cure: 'check the address that --pool or GLIDEIN_POOL names, and any proxies in between',
    });
  }
}

/** @returns undefined for what is not JSON */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A pool must not say much about a token that it does not trust, but whoever has the token can read when it expires. */
function expiryOf(token: string, status: number): GlideinError | undefined {
  const until = status === 401 ? endOf(token) : undefined;
  if (until === undefined || until > Date.now()) return undefined;
  return new GlideinError('Unauthenticated', `the token expired at ${new Date(until).toISOString()}`, {
    cure: "ask the pool's operator for a new one, or make one with `glidein token`",
  });
}

/** Reads `ca` for each new connection, because authorities are replaced while pilots run. */
function connectorWithCa(address: PoolAddress): buildConnector.connector {
  let last: { readonly ca: string | undefined; readonly connect: buildConnector.connector } | undefined;
  return (options, callback) => {
    currentCa(address).then(
      (ca) => {
        // The connector is kept while the authorities are the same, because it caches TLS sessions.
        if (last === undefined || last.ca !== ca)
          last = { ca, connect: buildConnector(ca === undefined ? {} : { ca }) };
        last.connect(options, callback);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
    );
  };
}

function withQuery(url: URL, query: NonNullable<RequestOptions['query']>): URL {
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

function placeOf(place: {
  file?: string | undefined;
  line?: number | undefined;
  column?: number | undefined;
}) {
  return {
    ...(place.file === undefined ? {} : { file: place.file }),
    ...(place.line === undefined ? {} : { line: place.line }),
    ...(place.column === undefined ? {} : { column: place.column }),
  };
}
