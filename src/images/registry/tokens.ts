import * as z from 'zod';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { type Challenge, parseChallenge } from './challenge.ts';
import { readAll } from './read-all.ts';
import { hostOf, type Send } from './requests.ts';
import { sendInTime } from './send-in-time.ts';

/** A name and a password, or a token in its place, for one registry. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Registries call the token by either name; without a life, it lives for a minute. */
const tokenAnswer = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().min(0).optional(),
});

/** The most bytes of a token server's answer: tokens are sent in a header, of which servers take some kilobytes. */
const longestAnswer = 2 ** 16;

/** The most repositories of which tokens are kept; of others they are asked for again. */
const mostKept = 500;

/** Milliseconds before its end at which a token is no longer used; half of its life, if that is short. */
const margin = 10_000;

interface Header {
  readonly header: string;
  /** By the monotonic clock. */
  readonly until: number;
}

type BearerChallenge = Extract<Challenge, { readonly scheme: 'Bearer' }>;

/** The `Authorization` headers that one registry has asked for, by repository. */
export class Tokens {
  readonly #send: Send;
  readonly #clock: Clock;
  readonly #credentials: Credentials | undefined;
  readonly #isEncrypted: boolean;
  /** By repository; the one that was obtained first comes first. */
  readonly #headers = new Map<string, Header>();

  constructor(options: {
    readonly send: Send;
    readonly clock: Clock;
    readonly credentials: Credentials | undefined;
    /** `https://HOST` of the registry. */
    readonly origin: string;
  }) {
    this.#send = options.send;
    this.#clock = options.clock;
    this.#credentials = options.credentials;
    this.#isEncrypted = options.origin.startsWith('https:');
  }

  /** The header for requests to a repository, as far as the registry has asked for one. */
  for(repository: string): string | undefined {
    const known = this.#headers.get(repository);
    return known !== undefined && this.#clock.monotonic() < known.until ? known.header : undefined;
  }

  /**
   * Gets what a registry asks for.
   * @param asked the `WWW-Authenticate` header of its answer
   * @throws GlideinError Unauthenticated if we do not have it, or the token server does not give it
   */
  async obtain(repository: string, asked: string | undefined, signal: AbortSignal): Promise<void> {
    const challenge = parseChallenge(asked);
    const basic = this.#credentials === undefined ? undefined : basicHeader(this.#credentials);
    switch (challenge?.scheme) {
      case undefined:
        throw unknownKind();
      case 'Basic': {
        if (basic === undefined) throw noCredentials();
        this.#keep(repository, { header: basic, until: Number.POSITIVE_INFINITY });
        return;
      }
      case 'Bearer': {
        const url = this.#tokenUrl(challenge, repository);
        this.#keep(repository, await this.#ask(url, basic, signal));
      }
    }
  }

  #keep(repository: string, header: Header): void {
    this.#headers.delete(repository);
    const [oldest] = this.#headers.keys();
    if (oldest !== undefined && this.#headers.size >= mostKept) this.#headers.delete(oldest);
    this.#headers.set(repository, header);
  }

  #tokenUrl({ realm, service, scope }: BearerChallenge, repository: string): URL {
    const url = URL.parse(realm);
    if (url === null) throw unknownKind();
    const tellsPassword = this.#credentials !== undefined && url.protocol === 'http:';
    if (tellsPassword && this.#isEncrypted) throw inClearText(url.host);
    if (service !== undefined) url.searchParams.set('service', service);
    url.searchParams.set('scope', scope ?? `repository:${repository}:pull`);
    return url;
  }

  async #ask(url: URL, basic: string | undefined, signal: AbortSignal): Promise<Header> {
    const headers = basic === undefined ? {} : { authorization: basic };
    const answer = await sendInTime(
      { send: this.#send, clock: this.#clock },
      `the token server ${url.host}`,
      url.href,
      { method: 'GET', headers, signal },
    );
    const body = await readAll(answer, longestAnswer, { clock: this.#clock });
    if (answer.statusCode === 401 || answer.statusCode === 403) throw refused(basic !== undefined);
    const said = tokenAnswer.safeParse(answer.statusCode === 200 ? jsonOf(body) : undefined).data;
    const token = said?.token ?? said?.access_token;
    if (token === undefined)
      throw new GlideinError('Unavailable', `the token server ${hostOf(url.href)} gives no token`);
    const life = (said?.expires_in ?? 60) * 1000;
    return { header: `Bearer ${token}`, until: this.#clock.monotonic() + Math.max(life / 2, life - margin) };
  }
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

const basicHeader = ({ user, password }: Credentials): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

const unknownKind = (): GlideinError =>
  new GlideinError('Unauthenticated', 'the registry asks for a proof of identity of an unknown kind');

/** Whoever talks to the registry with encryption has a reason to. */
const inClearText = (host: string): GlideinError =>
  new GlideinError('Unauthenticated', `the registry wants its password told to ${host} without encryption`);

const noCredentials = (): GlideinError =>
  new GlideinError('Unauthenticated', 'the registry wants a name and a password', {
    cure: 'give credentials: docker login, --credentials of a publisher, imagePullSecrets of an ImageSet, or remote.logins of a group',
  });

const refused = (withCredentials: boolean): GlideinError =>
  withCredentials
    ? new GlideinError('Unauthenticated', 'the registry does not accept the credentials')
    : noCredentials();
