import type { Clock } from '#base/clock.ts';
import type { KubeClient } from '#kube/client.ts';

/** The lifetime of the tokens that are requested, in seconds. */
const wantedSeconds = 3600;

/** The part of a token's life in which it is used; then another is requested while the old one is still valid. */
const usedPart = 0.8;

export interface ServiceTokenOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly account: { readonly namespace: string; readonly name: string };
  readonly audience: string;
}

/**
 * A token of a service account for one audience (TokenRequest), always valid for a while longer. Concurrent callers share
 * one request; a failed one is not remembered.
 */
export class ServiceToken {
  readonly #options: ServiceTokenOptions;
  /** When the newest token ends, in epoch milliseconds; a token that cannot be replaced shows that it ends. */
  endsAt: number | undefined;
  #current: { readonly token: Promise<string>; until: number } | undefined;

  constructor(options: ServiceTokenOptions) {
    this.#options = options;
  }

  get(): Promise<string> {
    const { clock } = this.#options;
    if (this.#current !== undefined && clock.monotonic() < this.#current.until) return this.#current.token;
    const mine = { token: this.#request(), until: Number.POSITIVE_INFINITY };
    this.#current = mine;
    mine.token.catch(() => {
      if (this.#current === mine) this.#current = undefined;
    });
    return mine.token;
  }

  async #request(): Promise<string> {
    const { client, clock, account, audience } = this.#options;
    const asked = clock.monotonic();
    const answer = await client.createToken(account, {
      audiences: [audience],
      expirationSeconds: wantedSeconds,
    });
    // The server may grant less than was requested. Its clock may differ from ours, so never assume more.
    const given = (Date.parse(answer.expires) - clock.wall()) / 1000;
    const seconds = Math.max(60, Math.min(wantedSeconds, given));
    if (this.#current !== undefined) this.#current.until = asked + seconds * 1000 * usedPart;
    this.endsAt = clock.wall() + seconds * 1000;
    return answer.token;
  }
}
