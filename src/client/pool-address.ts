import type { GlideinError } from '#base/error.ts';

/**
 * Where a pool answers, and how to prove who asks.
 *
 * **Gotchas.** Service account tokens are renewed in place and live for an hour or less, and certificate authorities are
 * replaced while pilots run. A value that is read only once works as long as tests last, but no longer. Hence the functions.
 */
export interface PoolAddress {
  /** `http://127.0.0.1:9618` or `https://…`, without a path. */
  readonly url: string;
  /** The bearer token. Called at each request, because tokens are renewed in place. */
  readonly token: () => string | Promise<string>;
  /** For https, the pool's certificate authorities as PEM. A function is called at each new connection. */
  readonly ca?: string | (() => string | Promise<string>);
  /** Called when the pool does not answer: why, if whoever runs it knows. */
  readonly whyAway?: () => Promise<GlideinError | undefined>;
}

/** The certificate authorities for the next connection. Undefined: those that the system trusts. */
export const currentCa = async ({ ca }: PoolAddress): Promise<string | undefined> =>
  typeof ca === 'function' ? ca() : ca;
