import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose';
import * as z from 'zod';
import { GlideinError } from '#base/error.ts';
import type { TrustedIssuer } from '#spec/trusted-issuer.ts';

export type Fetch = (url: string, options: RequestInit) => Promise<Response>;

/** Milliseconds that an issuer has to answer, and for which its keys are cached. */
const patience = 5000;
const keysLife = 600_000;

const discovery = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https$/ }) });

/** The keys of a JSON Web Key Set that was given as text. @throws GlideinError InvalidArgument if it is not one */
export function keysOf(jwks: string): JWTVerifyGetKey {
  try {
    return createLocalJWKSet(JSON.parse(jwks) as JSONWebKeySet);
  } catch (cause) {
    throw new GlideinError('InvalidArgument', 'jwks is not a JSON Web Key Set', {
      cause,
      cure: 'write what the issuer’s jwks_uri answers',
    });
  }
}

/**
 * Finds the keys of an issuer: inline, at a URL, or where its discovery document (OpenID Connect Discovery 1.0 §4)
 * says. Remote keys are fetched when first needed, and again when a token names a key that is not known yet.
 */
export function issuerKeys(issuer: TrustedIssuer, fetch: Fetch): JWTVerifyGetKey {
  if (issuer.jwks !== undefined) return keysOf(issuer.jwks);
  const at = (url: string) =>
    createRemoteJWKSet(new URL(url), {
      timeoutDuration: patience,
      cacheMaxAge: keysLife,
      [customFetch]: fetch,
    });
  if (issuer.jwksUrl !== undefined) return at(issuer.jwksUrl);
  let found: Promise<JWTVerifyGetKey> | undefined;
  return async (header, token) => {
    found ??= discover(issuer.issuer, fetch).then(at);
    const keys = await found.catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return keys(header, token);
  };
}

async function discover(issuer: string, fetch: Fetch): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(patience), redirect: 'error' });
  if (!answer.ok) throw new GlideinError('Unavailable', `${url} answered with status ${answer.status}`);
  const document = discovery.parse(await answer.json());
  if (document.issuer !== issuer)
    throw new GlideinError(
      'Unavailable',
      `${url} is the discovery document of another issuer: ${document.issuer}`,
    );
  return document.jwks_uri;
}
