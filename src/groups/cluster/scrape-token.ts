import { randomBytes } from 'node:crypto';
import type { Clock } from '#base/clock.ts';
import type { KubeClient } from '#kube/client.ts';
import { isConflict } from '#kube/kube-error.ts';
import { type Secret, secrets } from '#kube/resource.ts';
import type { Logger } from '#telemetry/logger.ts';
import { digestOfToken, showsToken } from '#telemetry/scrape-token.ts';

/** Milliseconds for which a token that was read is taken for the present one. */
const life = 60_000;

/** Milliseconds between two looks, however many strangers show wrong tokens. */
const pause = 5_000;

export interface ScrapeTokenOptions {
  readonly client: Pick<KubeClient, 'find' | 'mergePatch'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
  readonly secret: { readonly namespace: string; readonly name: string };
}

/**
 * The token that opens metrics and nothing else: the key `token` of a Secret, which Prometheus reads too. If the Secret has none,
 * the operator writes one; it makes no Secret. What was read last goes on while the API server is away, because
 * that is when metrics are looked at.
 */
export class ScrapeToken {
  readonly #options: ScrapeTokenOptions;
  #digest: string | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(options: ScrapeTokenOptions) {
    this.#options = options;
  }

  /** The digest of the token, for those who check it; empty while there is none. */
  async digests(): Promise<readonly string[]> {
    if (this.#age() > life) {
      const reading = this.#read();
      if (this.#digest === undefined) await reading;
    }
    return this.#digest === undefined ? [] : [this.#digest];
  }

  /** Whether an `Authorization` header shows the token. */
  async opens(authorization: string | undefined): Promise<boolean> {
    if (showsToken(authorization, await this.digests())) return true;
    if (authorization === undefined || this.#age() < pause) return false;
    // It may have been replaced.
    await this.#read();
    return showsToken(authorization, await this.digests());
  }

  #age(): number {
    return this.#options.clock.monotonic() - this.#readAt;
  }

  /** Callers at the same time share one look. Does not throw. */
  #read(): Promise<void> {
    const { logger, secret, clock } = this.#options;
    this.#reading ??= this.#look()
      .catch((error: unknown) => logger.warn({ err: error, ...secret }, 'token for metrics not read'))
      .finally(() => {
        this.#readAt = clock.monotonic();
        this.#reading = undefined;
      });
    return this.#reading;
  }

  async #look(): Promise<void> {
    const { client, secret } = this.#options;
    const found = await client.find(secrets, secret);
    const token = found === undefined ? undefined : (tokenIn(found) ?? (await this.#make(found)));
    this.#digest = token === undefined ? undefined : digestOfToken(token);
  }

  /** Of two operators, the second takes the token of the first. */
  async #make({ metadata }: Secret): Promise<string | undefined> {
    const { client, secret } = this.#options;
    const token = Buffer.from(randomBytes(32).toString('base64url')).toString('base64');
    const { resourceVersion } = metadata;
    const patch = { metadata: { resourceVersion }, data: { token } };
    const made = await client.mergePatch(secrets, secret, patch).catch(async (error: unknown) => {
      if (!isConflict(error)) throw error;
      return await client.find(secrets, secret);
    });
    return made === undefined ? undefined : tokenIn(made);
  }
}

function tokenIn({ data }: Secret): string | undefined {
  const token = Buffer.from(data?.token ?? '', 'base64')
    .toString('utf8')
    .trim();
  return token === '' ? undefined : token;
}
