/** Where a pool answers and how to prove who asks. */
export interface PoolAddress {
  /** `http://127.0.0.1:9618` or `https://…`, without a path. */
  readonly url: string;
  /** The bearer token; asked for at each request, because tokens are renewed in place. */
  readonly token: () => string | Promise<string>;
  /** PEM of the certificate authority that signed the pool's certificate, for https. */
  readonly ca?: string;
}
