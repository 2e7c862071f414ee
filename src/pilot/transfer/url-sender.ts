import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import type { Timer } from '#base/clock.ts';
import { schemeOf } from '#wire/inputs.ts';
import { inSeveralTries } from './several-tries.ts';
import { failureOfConnection, failureOfStatus, UrlFailure } from './url-failure.ts';
import { mostRedirects, nextUrl, type UrlFetcherOptions } from './url-fetcher.ts';

/** Milliseconds without a byte after which a try is given up. A server may compare a checksum when it has them all. */
const silence = 120_000;

/** Milliseconds that a server gets to redirect a file, before it is sent without having been asked for. */
const patience = 1000;

/** Redirects after which the same file is to be sent elsewhere, as storage with many servers answers. */
const redirects: ReadonlySet<number> = new Set([301, 302, 307, 308]);

/** Puts files to URLs by HTTP and HTTPS, as HTCondor's own plug-in does. */
export class UrlSender {
  readonly #options: UrlFetcherOptions;

  constructor(options: UrlFetcherOptions) {
    this.#options = options;
  }

  /**
   * Sends the file `path` to a URL. Tries a few times if a connection is lost, or if the server says that its fault will pass.
   * @throws UrlFailure; errors of the file system; the reason of `signal` when that aborts
   */
  async send(path: string, url: string, signal: AbortSignal): Promise<void> {
    await inSeveralTries(this.#options, signal, () => this.#try(path, url, signal));
  }

  async #try(path: string, url: string, signal: AbortSignal): Promise<void> {
    let at = url;
    for (let hops = 0; hops <= mostRedirects; hops += 1) {
      const { statusCode = 0, headers } = await this.#put(path, at, signal);
      if (statusCode >= 200 && statusCode < 300) return;
      if (!redirects.has(statusCode) || headers.location === undefined) throw failureOfStatus(statusCode);
      at = nextUrl(headers.location, at);
    }
    throw new UrlFailure(`it is redirected more than ${mostRedirects} times`, false);
  }

  async #put(path: string, url: string, signal: AbortSignal): Promise<http.IncomingMessage> {
    const { size } = await stat(path);
    const silent = new AbortController();
    const either = AbortSignal.any([signal, silent.signal]);
    const { request: ask, Agent } = schemeOf(url) === 'https' ? https : http;
    const { clock, environment } = this.#options;
    let timer: Timer | undefined;
    const touch = () => {
      timer?.cancel();
      timer = clock.after(silence, () => silent.abort());
    };
    touch();
    try {
      const agent = new Agent({ proxyEnv: { ...environment } });
      const headers = { 'content-length': size, expect: '100-continue', 'user-agent': 'glidein' };
      return await this.#answerTo(ask(url, { method: 'PUT', agent, headers, signal: either }), path, touch);
    } catch (error) {
      signal.throwIfAborted();
      if (silent.signal.aborted)
        throw new UrlFailure(`the server did not go on for ${silence / 1000} seconds`, true);
      throw error;
    } finally {
      timer?.cancel();
    }
  }

  /** @throws UrlFailure; errors of reading the file */
  async #answerTo(
    request: http.ClientRequest,
    path: string,
    touch: () => void,
  ): Promise<http.IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    let body: ReturnType<typeof createReadStream> | undefined;
    const send = () => {
      if (body !== undefined || request.destroyed) return;
      body = createReadStream(path).on('data', touch).once('error', reject);
      body.pipe(request);
    };
    const unasked = this.#options.clock.after(patience, send);
    request.once('continue', send);
    request.on('error', (error) => reject(failureOfConnection(error)));
    request.once('response', (answer) => {
      // Nobody reads what the server says; an error of the connection after its answer changes nothing.
      answer.on('error', () => undefined).resume();
      resolve(answer);
    });
    request.flushHeaders();
    try {
      return await promise;
    } finally {
      unasked.cancel();
      body?.destroy();
      request.destroy();
    }
  }
}
