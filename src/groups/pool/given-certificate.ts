import { X509Certificate } from 'node:crypto';
import { GlideinError } from '#base/error.ts';
import type { Secret } from '#kube/resource.ts';
import type { KeyedCertificate } from './sign-certificate.ts';

/** A certificate that somebody else makes and renews, and the authority that clients of the pool trust. */
export interface GivenCertificate {
  readonly ca: string;
  /** When it ends, epoch milliseconds. */
  readonly ends: number;
}

/**
 * The certificate of a Secret that a pool's resource names.
 *
 * @param hosts the names that the pool is reached by
 * @throws GlideinError Unavailable saying what is wrong with it, and who is to change what
 */
export function givenCertificate(
  secret: Secret | undefined,
  name: string,
  hosts: readonly string[],
  now: number,
): GivenCertificate {
  const refuse = (what: string, cure: string) =>
    new GlideinError('Unavailable', `spec.embedded.tls.secretName: ${what}`, { cure });
  if (secret === undefined) {
    throw refuse(
      `there is no Secret ${name} in this namespace`,
      'create it, or a Certificate with that secretName',
    );
  }
  const missing = ['tls.crt', 'tls.key', 'ca.crt'].filter((file) => textOf(secret, file) === undefined);
  if (missing.length > 0) {
    const cure = 'take an issuer that writes them, such as an Issuer of cert-manager of the type CA or Vault';
    throw refuse(`the Secret ${name} has no ${missing.join(' and no ')}`, cure);
  }
  const certificate = readCertificate(textOf(secret, 'tls.crt'));
  if (certificate === undefined) {
    throw refuse(`tls.crt of the Secret ${name} is not a certificate`, 'let its issuer write it again');
  }
  const unnamed = hosts.filter((host) => certificate.checkHost(host, { subject: 'never' }) === undefined);
  if (unnamed.length > 0) {
    throw refuse(
      `the certificate of the Secret ${name} is not for ${unnamed.join(', ')}`,
      'add that to its dnsNames',
    );
  }
  const ends = certificate.validToDate.getTime();
  if (ends <= now) {
    throw refuse(
      `the certificate of the Secret ${name} ended at ${certificate.validToDate.toISOString()}`,
      'look at why its issuer does not renew it',
    );
  }
  return { ca: textOf(secret, 'ca.crt') ?? '', ends };
}

/** The certificate and key of a Secret, if it has both. */
export function pairOf(secret: Secret | undefined): KeyedCertificate | undefined {
  const certificate = textOf(secret, 'tls.crt');
  const key = textOf(secret, 'tls.key');
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

/** A file of a Secret, if it is there and not empty. */
export function textOf(secret: Secret | undefined, file: string): string | undefined {
  const value = secret?.data?.[file];
  return value === undefined || value === '' ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

function readCertificate(text: string | undefined): X509Certificate | undefined {
  try {
    return new X509Certificate(text ?? '');
  } catch {
    return undefined;
  }
}
