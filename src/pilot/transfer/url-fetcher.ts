import { open, rm } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { Backoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import { isFetched, schemeOf } from '#wire/inputs.ts';

/** Milliseconds without a byte after which a try is given up. */
const silence = 60_000;

/** How often one URL is tried. */
const mostTries = 4;

const mostRedirects = 10;

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Statuses, besides those from 500 on, after which another try may succeed: too slow, too early, too many requests. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);

/** Why a URL was not fetched. The message is for the owner of the job. */
export class UrlFailure extends Error {
  /** Whether another try may succeed. */
  readonly mayPass: boolean;

  constructor(why: string, mayPass: boolean) {
    super(why);
    this.name = 'UrlFailure';
    this.mayPass = mayPass;
  }
}

export interface UrlFetcherOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** May contain the variables that name proxies: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, or the same in lower case. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the limit of a file's bytes is, after `that are`. */
  readonly bound?: string | undefined;
}

/** Fetches files by HTTP and HTTPS. Tries a few times if a connection is lost, or if the server says that its fault will pass. */
export class UrlFetcher {
  readonly #options: UrlFetcherOptions;

  constructor(options: UrlFetcherOptions) {
    this.#options = options;
  }

  /**
   * Fetches a URL into the new file `path`.
   * @param most the most bytes that the file may have
   * @returns the bytes that it has
   * @throws UrlFailure; errors of the file system; the reason of `signal` when that aborts
   */
  async fetch(url: string, path: string, most: number, signal: AbortSignal): Promise<number> {
    const { clock, random } = this.#options;
    const backoff = new Backoff({ first: 2000, most: 30_000, random });
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#try(url, path, most, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof UrlFailure) || !error.mayPass) throw error;
        if (tries === mostTries) throw new UrlFailure(`${error.message} (tried ${tries} times)`, false);
        await sleep(clock, backoff.next(), signal);
        signal.throwIfAborted();
      }
    }
  }

  async #try(url: string, path: string, most: number, signal: AbortSignal): Promise<number> {
    const file = await open(path, 'wx', 0o644);
    const silent = new AbortController();
    const watch = () => this.#options.clock.after(silence, () => silent.abort());
    let timer = watch();
    const chunks = this.#chunksOf(url, most, AbortSignal.any([signal, silent.signal]));
    let bytes = 0;
    try {
      for await (const chunk of chunks) {
        timer.cancel();
        timer = watch();
        bytes += chunk.length;
        if (bytes > most) throw this.#tooLarge(most);
        await file.writeFile(chunk);
      }
      return bytes;
    } catch (error) {
      await rm(path, { force: true });
      if (silent.signal.aborted)
        throw new UrlFailure(`the server sent nothing for ${silence / 1000} seconds`, true);
      throw error;
    } finally {
      timer.cancel();
      await file.close();
    }
  }

  /** @throws UrlFailure and nothing else, so that it can be told from errors of the disk */
  async *#chunksOf(url: string, most: number, signal: AbortSignal): AsyncGenerator<Buffer> {
    try {
      const answer = await this.#open(url, signal);
      if (Number(answer.headers['content-length'] ?? 0) > most) {
        answer.destroy();
        throw this.#tooLarge(most);
      }
      yield* answer;
    } catch (error) {
      throw error instanceof UrlFailure ? error : failureOf(error);
    }
  }

  /** The answer that contains the file, after redirects. */
  async #open(url: string, signal: AbortSignal): Promise<http.IncomingMessage> {
    let at = url;
    for (let hops = 0; hops <= mostRedirects; hops += 1) {
      const answer = await this.#ask(at, signal);
      const { statusCode = 0 } = answer;
      if (statusCode === 200) return answer;
      answer.destroy();
      if (!redirects.has(statusCode) || answer.headers.location === undefined) {
        const mayPass = statusCode >= 500 || passing.has(statusCode);
        // The server's own words may be anything, so they are not shown.
        throw new UrlFailure(
          `the server answered ${statusCode} ${http.STATUS_CODES[statusCode] ?? ''}`,
          mayPass,
        );
      }
      at = next(answer.headers.location, at);
    }
    throw new UrlFailure(`it is redirected more than ${mostRedirects} times`, false);
  }

  #tooLarge(most: number): UrlFailure {
    const { bound = 'left of request_disk' } = this.#options;
    return new UrlFailure(`it is larger than the ${most} bytes that are ${bound}`, false);
  }

  #ask(url: string, signal: AbortSignal): Promise<http.IncomingMessage> {
    const headers = { accept: '*/*', 'user-agent': 'glidein' };
    const { get, Agent } = schemeOf(url) === 'https' ? https : http;
    return new Promise((resolve, reject) => {
      // A new agent each time: the server may have given up a connection that was kept.
      const agent = new Agent({ proxyEnv: { ...this.#options.environment } });
      const request = get(url, { agent, headers, signal });
      request.once('response', resolve).on('error', reject);
    });
  }
}

function next(location: string, from: string): string {
  const url = URL.parse(location, from);
  if (url !== null && isFetched(url.protocol.slice(0, -1))) return url.href;
  throw new UrlFailure('it is redirected to a URL that is neither http:// nor https://', false);
}

/** A wrong certificate, or wrong settings of the pilot, will not change by themselves. */
function failureOf(error: unknown): UrlFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ERR_PROXY_INVALID_CONFIG')
    return new UrlFailure('HTTP_PROXY or HTTPS_PROXY of the pilot is not a URL', false);
  const reason = reasonOf(error, code);
  if (/CERT|LEAF_SIGNATURE/.test(code))
    return new UrlFailure(`the pilot does not accept the server's certificate: ${reason}`, false);
  return new UrlFailure(reason, true);
}

/** If several addresses of a host fail, their common error has only a code and no message. */
function reasonOf(error: unknown, code: string): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? code : error.message;
}
