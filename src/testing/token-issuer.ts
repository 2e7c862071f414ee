import { randomUUID } from 'node:crypto';
import { type CryptoKey, exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose';

/** The `kubernetes.io` claim of a service account's token, as the API server writes it for one bound to a pod. */
export interface PodClaims {
  readonly namespace: string;
  readonly account: string;
  readonly pod?: { readonly name: string; readonly uid: string };
}

/** Somebody who signs tokens with a key of its own, as the API server of a cluster does. */
export class TokenIssuer {
  readonly name: string;
  readonly keyId: string;
  readonly keys: JSONWebKeySet;
  readonly #algorithm: string;
  readonly #key: CryptoKey;

  private constructor(
    name: string,
    keyId: string,
    parts: { algorithm: string; key: CryptoKey; keys: JSONWebKeySet },
  ) {
    this.name = name;
    this.keyId = keyId;
    this.#algorithm = parts.algorithm;
    this.#key = parts.key;
    this.keys = parts.keys;
  }

  /** @param name the `iss` of its tokens */
  static async make(name: string, algorithm = 'RS256', keyId: string = randomUUID()): Promise<TokenIssuer> {
    const { privateKey, publicKey } = await generateKeyPair(algorithm);
    const jwk = { ...(await exportJWK(publicKey)), kid: keyId, alg: algorithm, use: 'sig' };
    return new TokenIssuer(name, keyId, { algorithm, key: privateKey, keys: { keys: [jwk] } });
  }

  /** @param claims over `iss`; times are seconds since the epoch, as in tokens */
  sign(claims: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> {
    return new SignJWT({ iss: this.name, ...claims })
      .setProtectedHeader({ alg: this.#algorithm, kid: this.keyId, ...header })
      .sign(this.#key);
  }

  /** A token as the API server makes it for a service account. @param now seconds since the epoch */
  serviceAccount(
    { namespace, account, pod }: PodClaims,
    token: { readonly audience: string; readonly now: number; readonly seconds: number },
  ): Promise<string> {
    const { audience, now, seconds } = token;
    return this.sign({
      aud: [audience],
      sub: `system:serviceaccount:${namespace}:${account}`,
      iat: now,
      nbf: now,
      exp: now + seconds,
      jti: randomUUID(),
      'kubernetes.io': {
        namespace,
        ...(pod === undefined ? {} : { node: { name: 'node-1', uid: randomUUID() }, pod }),
        serviceaccount: { name: account, uid: '6c3f2b6e-0000-4000-8000-000000000001' },
      },
    });
  }
}
