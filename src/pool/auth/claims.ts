import type { JWTPayload } from 'jose';
import { GlideinError } from '#base/error.ts';

/** Claims that hold a list of words in one string (RFC 8693 §4.2; `scp` is what some issuers call it). */
const wordLists = new Set(['scope', 'scp']);

/** The claim at a path such as `sub` or `kubernetes.io/pod/uid`; undefined if there is none. */
export function claimAt(claims: JWTPayload, path: string): unknown {
  let found: unknown = claims;
  for (const name of path.split('/')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

/** Whether the claim equals `value` or contains it. */
export function claimHolds(claims: JWTPayload, path: string, value: string): boolean {
  const claim = claimAt(claims, path);
  if (Array.isArray(claim)) return claim.includes(value);
  if (typeof claim === 'string' && wordLists.has(path)) return claim.split(' ').includes(value);
  return typeof claim === 'string' ? claim === value : claim !== undefined && JSON.stringify(claim) === value;
}

/**
 * What a token of the WLCG profile allows of jobs: `compute.create`, `compute.read`, `compute.modify` and `compute.cancel` (WLCG
 * Common JWT Profiles 1.0, "Scope-based Authorization"; SciTokens use the same words). Undefined for a token that names none: its
 * role alone decides.
 */
export function computeScopes(claims: JWTPayload): readonly string[] | undefined {
  const words = [...wordLists].flatMap((name) => {
    const claim = claimAt(claims, name);
    if (Array.isArray(claim)) return claim.map(String);
    return typeof claim === 'string' ? claim.split(' ') : [];
  });
  const scopes = words.filter((word) => word.startsWith('compute.'));
  return scopes.length === 0 ? undefined : scopes;
}

/**
 * Replaces the claims in braces in a text by their values.
 * @throws GlideinError Forbidden when the token has no such claim
 */
export function fillClaims(claims: JWTPayload, text: string): string {
  return text.replaceAll(/\{([^{}]+)\}/g, (_braces, path: string) => {
    const claim = claimAt(claims, path);
    if ((typeof claim === 'string' && claim !== '') || typeof claim === 'number') return String(claim);
    throw new GlideinError('Forbidden', `the token has no claim ${path}`, {
      cure: path.startsWith('kubernetes.io/pod')
        ? 'use a token that is bound to a pod'
        : "ask the pool's operator which claims the pool requires",
    });
  });
}
