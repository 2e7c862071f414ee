import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type KeyedCertificate, signAuthority, signServer, type Validity } from './sign-certificate.ts';

const day = 86_400_000;

/** How far the clocks of other machines may be behind, milliseconds. */
const clockSkewMs = 3_600_000;

const authorityDays = 3652;
const serverDays = 90;
/** The part of its life after which a server's certificate is replaced. */
const renewedAfter = 2 / 3;

export const newAuthority = (name: string, now: number): Promise<KeyedCertificate> =>
  signAuthority(name, validity(now, authorityDays));

export const newServer = (
  authority: KeyedCertificate,
  hosts: readonly [string, ...string[]],
  now: number,
): Promise<KeyedCertificate> => signServer(authority, hosts, validity(now, serverDays));

const validity = (now: number, days: number): Validity => ({
  from: now - clockSkewMs,
  to: now + days * day,
});

/**
 * Whether an authority may go on signing: it is one, and a certificate signed today would not outlive it. If it may not,
 * it is replaced, and its clients have to read the new one; once in ten years that does not justify having two at once.
 */
export function isAuthorityUsable(authority: KeyedCertificate, now: number): boolean {
  const read = readPair(authority);
  return read?.ca === true && read.validToDate.getTime() > now + serverDays * day;
}

/** When (epoch milliseconds) a server's certificate is to be replaced; `now` if it is unusable. */
export function serverRenewal(
  server: KeyedCertificate,
  authority: KeyedCertificate,
  hosts: readonly string[],
  now: number,
): number {
  const read = readPair(server);
  const issuer = new X509Certificate(authority.certificate);
  if (!read?.checkIssued(issuer) || !read.verify(issuer.publicKey)) return now;
  if (!hosts.every((host) => read.checkHost(host, { subject: 'never' }) !== undefined)) return now;
  const from = read.validFromDate.getTime();
  const to = read.validToDate.getTime();
  return from + (to - from) * renewedAfter;
}

/** The certificate, if it can be read and the key belongs to it. */
function readPair({ certificate, key }: KeyedCertificate): X509Certificate | undefined {
  try {
    const read = new X509Certificate(certificate);
    return read.checkPrivateKey(createPrivateKey(key)) ? read : undefined;
  } catch {
    return undefined;
  }
}
