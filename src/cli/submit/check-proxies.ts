import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GlideinError } from '#base/error.ts';
import { parseExpression } from '#classad/parser.ts';
import type { SubmitDescription } from '#submit/parse-submit.ts';

const renew = 'renew it with voms-proxy-init or grid-proxy-init, and submit again; nothing was submitted';
const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Checks the proxy certificates that travel with jobs: a job should not wait for hours and then fail because its proxy
 * had expired before. `now` is in milliseconds since the epoch.
 * @throws GlideinError InvalidArgument for one that has expired or is not a certificate
 */
export function checkProxies({ cluster, procs }: SubmitDescription, now: number): void {
  const texts = [cluster, ...procs.map(({ attributes }) => attributes)].flatMap(
    (ad) => ad.x509userproxy ?? [],
  );
  for (const text of new Set(texts)) {
    const parsed = parseExpression(text);
    const path = parsed.kind === 'literal' && typeof parsed.value === 'string' ? parsed.value : undefined;
    if (path !== undefined) checkProxy(path, now);
  }
}

function checkProxy(path: string, now: number): void {
  const ends = certificatesOf(path).map(({ validTo }) => Date.parse(validTo));
  if (ends.length === 0) throw fault(`the file ${path} is not a proxy certificate`);
  // Every certificate of the chain must be valid: the first to expire ends the proxy.
  const end = Math.min(...ends);
  if (end <= now) throw fault(`the proxy ${path} expired at ${new Date(end).toISOString()}`);
}

function certificatesOf(path: string): X509Certificate[] {
  try {
    return [...readFileSync(path, 'latin1').matchAll(certificate)].map(([pem]) => new X509Certificate(pem));
  } catch (cause) {
    throw fault(`the proxy ${path} cannot be read`, cause);
  }
}

const fault = (message: string, cause?: unknown): GlideinError =>
  new GlideinError('InvalidArgument', message, { cure: renew, cause });
