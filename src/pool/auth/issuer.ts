import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { TrustedIssuer } from '#spec/trusted-issuer.ts';
import { type Fetch, issuerKeys } from './issuer-keys.ts';

/** Seconds by which the clocks of an issuer and the pool may differ. */
export const leewaySeconds = 30;

/** The algorithms with which Kubernetes and the experiments' token issuers sign. */
const algorithms = ['RS256', 'ES256'];

/** A trusted issuer from the pool's specification, with its keys. */
export class Issuer {
  readonly entry: TrustedIssuer;
  readonly #keys: JWTVerifyGetKey;
  readonly #clock: Clock;

  /** @throws GlideinError InvalidArgument if its keys are malformed */
  constructor(entry: TrustedIssuer, clock: Clock, fetch: Fetch) {
    this.entry = entry;
    this.#keys = issuerKeys(entry, fetch);
    this.#clock = clock;
  }

  /** The claims of a token that is signed by this issuer, meant for one of its audiences, and valid now. @throws Error of jose */
  async verify(token: string): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, this.#keys, {
      algorithms,
      issuer: this.entry.issuer,
      audience: this.entry.audiences,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: leewaySeconds,
      currentDate: new Date(this.#clock.wall()),
    });
    return payload;
  }
}

/**
 * The issuer of a token, and the token's claims. Several issuers may share one `iss` and one audience: the key that
 * signed the token decides.
 * @throws GlideinError Unauthenticated with the reason, Unavailable when the issuer's keys cannot be fetched
 */
export async function verifyByIssuer(
  issuers: readonly Issuer[],
  token: string,
): Promise<{ issuer: Issuer; claims: JWTPayload }> {
  const { iss, aud } = decodeJwt(token);
  const same = issuers.filter(({ entry }) => entry.issuer === iss);
  if (same.length === 0) throw refusal('this pool does not trust the issuer of the token');
  const named = [aud ?? []].flat();
  const candidates = same.filter(({ entry }) => entry.audiences.some((audience) => named.includes(audience)));
  if (candidates.length === 0) {
    const audiences = [...new Set(same.flatMap(({ entry }) => entry.audiences))].slice(0, 3).join(' or ');
    throw refusal('the token is for another audience', `ask for a token for the audience ${audiences}`);
  }
  const failures: GlideinError[] = [];
  for (const issuer of candidates) {
    try {
      return { issuer, claims: await issuer.verify(token) };
    } catch (error) {
      failures.push(failureOf(error, issuer.entry.name));
    }
  }
  const [first] = failures.sort((one, other) => weight(other) - weight(one));
  throw first ?? refusal(unsigned);
}

const unsigned = 'no key that this pool trusts has signed the token';

const refusal = (message: string, cure = 'get a new token') =>
  new GlideinError('Unauthenticated', message, { cure });

/** Ranks failures: a fault in claims that an issuer did sign tells more than the wrong signature for all other issuers. */
const weight = (failure: GlideinError): number =>
  failure.code === 'Unavailable' ? 1 : failure.message === unsigned ? 0 : 2;

function failureOf(error: unknown, name: string): GlideinError {
  if (error instanceof errors.JWTExpired) {
    const end = typeof error.payload.exp === 'number' ? new Date(error.payload.exp * 1000) : undefined;
    return refusal(`the token expired${end === undefined ? '' : ` at ${iso(end)}`}`);
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    const early = error.claim === 'nbf' && error.reason === 'check_failed';
    return refusal(
      early ? 'the token is not valid yet' : `the claim ${error.claim} of the token is not valid`,
    );
  }
  if (keyErrors.some((type) => error instanceof type)) return refusal(unsigned);
  return new GlideinError('Unavailable', `cannot fetch the keys of the issuer ${name}`, {
    cause: error,
    cure: 'try again',
  });
}

/** An absurd `exp` makes an invalid date. */
const iso = (date: Date) => (Number.isNaN(date.getTime()) ? 'an unknown time' : date.toISOString());

const keyErrors = [
  errors.JWSSignatureVerificationFailed,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWSInvalid,
  errors.JWTInvalid,
];
