import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { TrustedIssuer } from '#spec/trusted-issuer.ts';
import { type Fetch, issuerKeys } from './issuer-keys.ts';

/** Seconds by which the clocks of an issuer and the pool may differ. */
export const leewaySeconds = 30;

/** What Kubernetes and the tokens of experiments are signed with. */
const algorithms = ['RS256', 'ES256'];

/** An entry of the pool's specification with its keys. */
export class Issuer {
  readonly entry: TrustedIssuer;
  readonly #keys: JWTVerifyGetKey;
  readonly #clock: Clock;

  /** @throws GlideinError InvalidArgument when its keys are none */
  constructor(entry: TrustedIssuer, clock: Clock, fetch: Fetch) {
    this.entry = entry;
    this.#keys = issuerKeys(entry, fetch);
    this.#clock = clock;
  }

  /** Claims that a key of this issuer has signed, for an audience of the entry, and for now. @throws Error of jose */
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
 * The entry that answers for a token, and the token's claims. Several entries may share one `iss` and one audience:
 * the key that has signed the token decides.
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

/** What an entry says about claims that its key has signed tells more than what others say of their keys. */
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
      early ? 'the token is not good yet' : `the claim ${error.claim} of the token is not valid`,
    );
  }
  if (keyErrors.some((type) => error instanceof type)) return refusal(unsigned);
  return new GlideinError('Unavailable', `cannot fetch the keys of the issuer ${name}`, {
    cause: error,
    cure: 'try again',
  });
}

/** An absurd `exp` is no date. */
const iso = (date: Date) => (Number.isNaN(date.getTime()) ? 'long' : date.toISOString());

const keyErrors = [
  errors.JWSSignatureVerificationFailed,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWSInvalid,
  errors.JWTInvalid,
];
