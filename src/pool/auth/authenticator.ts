import { hash } from 'node:crypto';
import { decodeJwt } from 'jose';
import type { Clock } from '#base/clock.ts';
import type { TrustedIssuer } from '#spec/trusted-issuer.ts';
import { claimAt, computeScopes } from './claims.ts';
import { Issuer, leewaySeconds, verifyByIssuer } from './issuer.ts';
import type { Fetch } from './issuer-keys.ts';
import { bearerOf } from './roles.ts';
import { type Bearer, checkBearer, isOwnIssuer, refuseToken, tokenOf, verifyOwn } from './tokens.ts';

/** The most verified tokens that are cached, at about 300 bytes each. */
const mostKnown = 65_536;

interface AuthenticatorOptions {
  /** The pool's own key. */
  readonly key: Uint8Array;
  readonly clock: Clock;
  /** How the keys of issuers are fetched. */
  readonly fetch?: Fetch;
}

/** The trusted issuers, and the tokens verified against them. A new specification replaces both. */
interface Trust {
  readonly issuers: readonly Issuer[];
  /** By digest, so that no token is kept in memory; the least recently used comes first. */
  readonly known: Map<string, Bearer>;
}

/** Identifies the bearer of a token, by the pool's own key or by the keys of the issuers that it trusts. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  #trust: Trust = { issuers: [], known: new Map() };
  readonly #dropped = new Set<string>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /**
   * From now on exactly these issuers are trusted. Open connections last until their tokens expire.
   * @throws GlideinError InvalidArgument if the keys of one are malformed; then nothing has changed
   */
  trust(entries: readonly TrustedIssuer[]): void {
    const { clock, fetch = globalThis.fetch } = this.#options;
    const before = this.#trust.issuers;
    this.#trust = { issuers: entries.map((entry) => new Issuer(entry, clock, fetch)), known: new Map() };
    for (const { entry } of before) this.#dropped.add(entry.name);
    for (const { name } of entries) this.#dropped.delete(name);
  }

  /** Whether this process once trusted a site of this name and no longer does. */
  hasDropped(site: string): boolean {
    return this.#dropped.has(site);
  }

  /**
   * The identity that an `Authorization` header proves.
   * @throws GlideinError Unauthenticated, Forbidden if no rule gives a role, Unavailable if keys cannot be fetched
   */
  async verify(header: string | undefined): Promise<Bearer> {
    const token = tokenOf(header);
    const { issuers, known } = this.#trust;
    const digest = hash('sha256', token, 'base64');
    const found = known.get(digest);
    if (found !== undefined && this.#options.clock.wall() < found.expiresAt) {
      known.delete(digest);
      known.set(digest, found);
      return found;
    }
    const bearer = await this.#look(issuers, token);
    known.set(digest, bearer);
    if (known.size > mostKnown) {
      for (const [oldest] of known.entries().take(1)) known.delete(oldest);
    }
    return bearer;
  }

  async #look(issuers: readonly Issuer[], token: string): Promise<Bearer> {
    const { key, clock } = this.#options;
    if (isOwnIssuer(issuerOf(token))) return verifyOwn(key, token);
    const { issuer, claims } = await verifyByIssuer(issuers, token);
    return checkBearer({
      ...bearerOf(issuer.entry, claims),
      site: issuer.entry.name,
      scopes: computeScopes(claims),
      actor: claimAt(claims, 'act/sub'),
      expiresAt: ((claims.exp ?? clock.wall() / 1000) + leewaySeconds) * 1000,
    });
  }
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch (cause) {
    return refuseToken(cause);
  }
}
