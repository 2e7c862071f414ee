import { open, rm } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { Backoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import { isFetched, schemeOf } from '#wire/input-urls.ts';

/** Milliseconds without a byte after which a try is given up. */
const silence = 60_000;

/** The tries of one URL. */
const mostTries = 4;

const mostRedirects = 10;

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Answers after which trying again may help, beside all from 500 on: too slow, too early, too many requests. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);

/** Why a URL was not fetched; the message is for the owner of the job that names it. */
export class UrlFailure extends Error {
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
  /** Has the variables that name proxies: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, or in small letters. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Fetches files by HTTP and HTTPS. What is lost on the way, or will pass as the server says, is tried again a few times. */
export class UrlFetcher {
  readonly #options: UrlFetcherOptions;

  constructor(options: UrlFetcherOptions) {
    this.#options = options;
  }

  /**
   * Writes what a URL leads to into the new file `path`.
   * @param most bytes that it may have
   * @returns its bytes
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
        if (bytes > most) throw tooLarge(most);
        await file.writeFile(chunk);
      }
      return bytes;
    } catch (error) {
      await rm(path, { force: true });
      if (silent.signal.aborted) throw new UrlFailure(`nothing came for ${silence / 1000} seconds`, true);
      throw error;
    } finally {
      timer.cancel();
      await file.close();
    }
  }

  /** @throws UrlFailure and nothing else, so that it is told apart from what a disk says */
  async *#chunksOf(url: string, most: number, signal: AbortSignal): AsyncGenerator<Buffer> {
    try {
      const answer = await this.#open(url, signal);
      if (Number(answer.headers['content-length'] ?? 0) > most) {
        answer.destroy();
        throw tooLarge(most);
      }
      yield* answer;
    } catch (error) {
      throw error instanceof UrlFailure ? error : failureOf(error);
    }
  }

  /** The answer that has the file, after redirects. */
  async #open(url: string, signal: AbortSignal): Promise<http.IncomingMessage> {
    let at = url;
    for (let hops = 0; hops <= mostRedirects; hops += 1) {
      const answer = await this.#ask(at, signal);
      const { statusCode = 0 } = answer;
      if (statusCode === 200) return answer;
      answer.destroy();
      if (!redirects.has(statusCode) || answer.headers.location === undefined) {
        const mayPass = statusCode >= 500 || passing.has(statusCode);
        // The words of a server may be anything.
        throw new UrlFailure(
          `the server answered ${statusCode} ${http.STATUS_CODES[statusCode] ?? ''}`,
          mayPass,
        );
      }
      at = next(answer.headers.location, at);
    }
    throw new UrlFailure(`it is redirected more than ${mostRedirects} times`, false);
  }

  #ask(url: string, signal: AbortSignal): Promise<http.IncomingMessage> {
    const headers = { accept: '*/*', 'user-agent': 'glidein' };
    const { get, Agent } = schemeOf(url) === 'https' ? https : http;
    return new Promise((resolve, reject) => {
      // A new one each time: a connection that is kept may be one that the server has given up.
      const agent = new Agent({ proxyEnv: { ...this.#options.environment } });
      const request = get(url, { agent, headers, signal });
      request.once('response', resolve).on('error', reject);
    });
  }
}

function next(location: string, from: string): string {
  const url = URL.parse(location, from);
  if (url !== null && isFetched(url.protocol.slice(0, -1))) return url.href;
  throw new UrlFailure('it is redirected to what is neither http:// nor https://', false);
}

const tooLarge = (most: number): UrlFailure =>
  new UrlFailure(`it has more than the ${most} bytes that are left of request_disk`, false);

/** What is wrong with a certificate, or with the settings of a pilot, does not pass. */
function failureOf(error: unknown): UrlFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ERR_PROXY_INVALID_CONFIG')
    return new UrlFailure('what HTTP_PROXY or HTTPS_PROXY says to the pilot is no URL', false);
  const reason = reasonOf(error, code);
  if (/CERT|LEAF_SIGNATURE/.test(code))
    return new UrlFailure(`the pilot does not accept the certificate of the server: ${reason}`, false);
  return new UrlFailure(reason, true);
}

/** Several addresses of one host that fail have one error, which says nothing but its code. */
function reasonOf(error: unknown, code: string): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? code : error.message;
}
