import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { Backoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import type { BodyBudget } from './body-budget.ts';
import { boundedJson } from './bounded-json.ts';
import { mediaTypes } from './manifest.ts';
import { nextLink } from './next-link.ts';
import { readAll } from './read-all.ts';
import { type ImageReference, isTag } from './reference.ts';
import { RegistryPeace, type Rest } from './registry-peace.ts';
import type { Send } from './requests.ts';
import { sendInTime } from './send-in-time.ts';
import { type Credentials, Tokens } from './tokens.ts';

export interface RegistryOptions {
  /** HOST or HOST:PORT of references. */
  readonly registry: string;
  readonly send: Send;
  readonly clock: Clock;
  readonly random: () => number;
  readonly credentials?: Credentials | undefined;
  /** Who is asked instead, for a mirror: `https://HOST`. */
  readonly origin?: string | undefined;
  /** Shared by all who ask the registry; one of its own if undefined. */
  readonly peace?: RegistryPeace | undefined;
  /** Shared by all who read answers at a time. */
  readonly budget?: BodyBudget | undefined;
}

/** A manifest or an index as the registry has it. */
export interface FetchedManifest {
  readonly digest: string;
  readonly body: Buffer;
}

/** The most bytes of a manifest, as registries limit them. */
const longestManifest = 4 * 2 ** 20;

/** The most bytes of a page of tags, and the most tags of a repository, with the most characters of all of them. */
const longestPage = 8 * 2 ** 20;
const mostTags = 100_000;
const mostTagCharacters = 4 * 2 ** 20;
const tagsAPage = 1000;
const mostPages = 2000;

/** How often a request is sent. */
const mostTries = 5;

/** Statuses, besides those from 500 on, after which another try may succeed. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);

const tagsPage = z.object({ tags: z.array(z.unknown()).nullish() });

/** What reads images from one registry, by the distribution specification of the OCI. */
export class RegistryClient {
  readonly #options: RegistryOptions;
  readonly #origin: string;
  readonly #tokens: Tokens;
  readonly #peace: RegistryPeace;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#origin = options.origin ?? originOf(options.registry);
    this.#peace = options.peace ?? new RegistryPeace(options.clock);
    this.#tokens = new Tokens({ ...options, credentials: options.credentials, origin: this.#origin });
  }

  /**
   * The digest that a tag leads to now, without its content: what a check costs that finds nothing new. Undefined if the
   * registry does not say it.
   * @throws GlideinError NotFound, Unauthenticated, Unavailable
   */
  async digestOf(reference: ImageReference, signal: AbortSignal, rest?: Rest): Promise<string | undefined> {
    const path = manifestPath(reference);
    const answer = await this.#ask('HEAD', reference, path, manifestHeaders, signal, rest);
    answer.resume();
    const digest = answer.headers['docker-content-digest'];
    return typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : undefined;
  }

  /** @throws GlideinError NotFound, Unauthenticated, Unavailable; InvalidMessage if it is not what the digest says */
  async manifest(reference: ImageReference, signal: AbortSignal, rest?: Rest): Promise<FetchedManifest> {
    const path = manifestPath(reference);
    const answer = await this.#ask('GET', reference, path, manifestHeaders, signal, rest);
    const body = await readAll(answer, longestManifest, this.#options);
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    if (reference.digest !== undefined && digest !== reference.digest)
      throw new GlideinError(
        'InvalidMessage',
        `the registry sends another manifest than ${reference.digest}`,
      );
    return { digest, body };
  }

  /** All tags of a repository, without what can be none. @throws GlideinError NotFound, Unauthenticated, Unavailable, TooLarge */
  async tags(reference: ImageReference, signal: AbortSignal, rest?: Rest): Promise<readonly string[]> {
    const tags: string[] = [];
    let characters = 0;
    const all = { ...reference, tag: undefined, digest: undefined };
    const pages = new Set<string>();
    let path: string | undefined = `/v2/${reference.repository}/tags/list?n=${tagsAPage}`;
    while (path !== undefined) {
      if (pages.size === mostPages || pages.has(path)) throw endless();
      pages.add(path);
      const answer: IncomingMessage = await this.#ask('GET', all, path, {}, signal, rest);
      const body = await readAll(answer, longestPage, this.#options);
      for (const tag of tagsIn(body)) {
        characters += tag.length;
        tags.push(tag);
      }
      if (tags.length > mostTags || characters > mostTagCharacters)
        throw new GlideinError(
          'TooLarge',
          `the repository has more than ${mostTags} tags, or more than ${mostTagCharacters} characters in them`,
        );
      path = nextPage(answer.headers.link, this.#origin, path);
    }
    return tags;
  }

  /**
   * The content of a blob, from a byte on. A registry that cannot do that answers with all of it: see `from` of the result.
   * @throws GlideinError NotFound, Unauthenticated, Unavailable
   */
  async blob(
    reference: ImageReference,
    digest: string,
    from: number,
    signal: AbortSignal,
    rest?: Rest,
  ): Promise<{ readonly from: number; readonly content: IncomingMessage }> {
    const headers: Record<string, string> = from === 0 ? {} : { range: `bytes=${from}-` };
    const path = `/v2/${reference.repository}/blobs/${digest}`;
    const content = await this.#ask('GET', reference, path, headers, signal, rest);
    const isPart =
      content.statusCode === 206 && content.headers['content-range']?.startsWith(`bytes ${from}-`);
    return { from: isPart === true ? from : 0, content };
  }

  /**
   * An answer with a status of success.
   * @param rest how to wait until the registry wants to be asked again
   */
  async #ask(
    method: 'GET' | 'HEAD',
    reference: ImageReference,
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
    rest: Rest = (wait) => wait(),
  ): Promise<IncomingMessage> {
    const { clock, random, registry } = this.#options;
    const backoff = new Backoff({ first: 1000, most: 30_000, random });
    await this.#peace.wait(registry, rest, signal);
    for (let tries = 1, challenges = 0; ; ) {
      const answer = await this.#try(method, reference, path, headers, signal);
      if (answer.statusCode === 401 && challenges < 1) {
        answer.destroy();
        challenges += 1;
        await this.#tokens.obtain(reference.repository, answer.headers['www-authenticate'], signal);
        continue;
      }
      const { statusCode = 0 } = answer;
      if (statusCode >= 200 && statusCode < 300) return answer;
      answer.destroy();
      const wait = this.#waitAfter(statusCode, answer.headers['retry-after']);
      if (wait === undefined || tries === mostTries) throw failureOf(statusCode, reference, registry);
      tries += 1;
      await rest(() => sleep(clock, Math.max(backoff.next(), wait), signal));
      signal.throwIfAborted();
    }
  }

  /** The milliseconds to wait before another try; undefined if that would not help, or only after a long time. */
  #waitAfter(status: number, retryAfter: string | undefined): number | undefined {
    // What is refused for good says nothing about the other images of the registry.
    if (status < 500 && !passing.has(status)) return undefined;
    const wait = this.#peace.heed(retryAfter);
    return this.#peace.isShort(wait) ? wait : undefined;
  }

  async #try(
    method: 'GET' | 'HEAD',
    { repository }: ImageReference,
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const authorization = this.#tokens.for(repository);
    const sent = authorization === undefined ? headers : { ...headers, authorization };
    return await sendInTime(
      this.#options,
      `the registry ${this.#options.registry}`,
      `${this.#origin}${path}`,
      { method, headers: sent, signal },
    );
  }
}

const manifestHeaders = { accept: [...mediaTypes.manifest, ...mediaTypes.index].join(', ') };

const manifestPath = ({ repository, tag, digest }: ImageReference): string =>
  `/v2/${repository}/manifests/${digest ?? tag}`;

/** Docker Hub has its registry at another host. A registry on this machine needs no encryption, as for every other tool. */
function originOf(registry: string): string {
  if (registry === 'docker.io') return 'https://registry-1.docker.io';
  const host = registry.replace(/:[0-9]+$/, '');
  const isHere = host === 'localhost' || host === '[::1]' || host.startsWith('127.');
  return `${isHere ? 'http' : 'https'}://${registry}`;
}

/** The path of the next page; undefined on the last one. */
function nextPage(link: string | string[] | undefined, origin: string, from: string): string | undefined {
  const target = nextLink(link);
  const url = target === undefined ? null : URL.parse(target, `${origin}${from}`);
  if (url === null) return undefined;
  const next = `${url.pathname}${url.search}`;
  if (url.origin !== origin || next === from) throw endless();
  return next;
}

const endless = (): GlideinError =>
  new GlideinError('InvalidMessage', 'the registry’s list of tags does not end');

function failureOf(
  status: number,
  { repository, tag, digest }: ImageReference,
  registry: string,
): GlideinError {
  const which = digest === undefined ? tag && `:${tag}` : `@${digest}`;
  const name = `${registry}/${repository}${which ?? ''}`;
  if (status === 404) return new GlideinError('NotFound', `the registry has no ${name}`);
  if (status === 401 || status === 403)
    return new GlideinError(
      'Unauthenticated',
      `the registry refuses ${name}: it is not there, or these credentials may not read it`,
      { cure: 'check the name and the credentials' },
    );
  return new GlideinError('Unavailable', `the registry ${registry} answers ${status}`);
}

function tagsIn(body: Buffer): readonly string[] {
  const page = tagsPage.safeParse(boundedJson(body, mostTags, 'the registry’s list of tags'));
  if (page.success)
    return (page.data.tags ?? []).filter((tag) => typeof tag === 'string' && isTag(tag)) as string[];
  throw new GlideinError('InvalidMessage', 'the registry’s list of tags cannot be read');
}
