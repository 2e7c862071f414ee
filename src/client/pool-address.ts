import type { GlideinError } from '#base/error.ts';

/**
 * Where a pool answers and how to prove who asks.
 *
 * **Gotchas.** Tokens of service accounts are renewed in place and live for an hour or less, certificate authorities are replaced
 * while pilots live: a value that is read once works for as long as tests last, and no longer. Hence functions.
 */
export interface PoolAddress {
  /** `http://127.0.0.1:9618` or `https://…`, without a path. */
  readonly url: string;
  /** The bearer token; asked for at each request, because tokens are renewed in place. */
  readonly token: () => string | Promise<string>;
  /** PEM of the certificate authorities of the pool, for https; a function is asked at each new connection. */
  readonly ca?: string | (() => string | Promise<string>);
  /** What whoever keeps the pool knows of why it does not answer; asked when it does not. */
  readonly whyAway?: () => Promise<GlideinError | undefined>;
}

/** The certificate authorities of the next connection; undefined: those that the system trusts. */
export const currentCa = async ({ ca }: PoolAddress): Promise<string | undefined> =>
  typeof ca === 'function' ? ca() : ca;
