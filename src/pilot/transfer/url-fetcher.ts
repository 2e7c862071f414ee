import { open, rm } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { isFetched, schemeOf } from '#wire/inputs.ts';
import { inSeveralTries, type Tries } from './several-tries.ts';
import { failureOfConnection, failureOfStatus, UrlFailure } from './url-failure.ts';

/** Milliseconds without a byte after which a try is given up. */
const silence = 60_000;

export const mostRedirects = 10;

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface UrlFetcherOptions extends Tries {
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
    return await inSeveralTries(this.#options, signal, () => this.#try(url, path, most, signal));
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
      throw failureOfConnection(error);
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
      if (!redirects.has(statusCode) || answer.headers.location === undefined)
        throw failureOfStatus(statusCode);
      at = nextUrl(answer.headers.location, at);
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

export function nextUrl(location: string, from: string): string {
  const url = URL.parse(location, from);
  if (url !== null && isFetched(url.protocol.slice(0, -1))) return url.href;
  throw new UrlFailure('it is redirected to a URL that is neither http:// nor https://', false);
}
