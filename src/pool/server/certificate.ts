import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { BlockList, isIP } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { GlideinError } from '#base/error.ts';

/** The files of a mounted Secret of the type kubernetes.io/tls. */
export const certificateFiles = (directory: string): readonly [string, string] => [
  join(directory, 'tls.crt'),
  join(directory, 'tls.key'),
];

/** What a pool serves with. */
export interface ServedCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: 'TLSv1.2';
}

/**
 * The pool's certificate and key.
 * @throws GlideinError InvalidArgument if one is missing or they do not belong together
 */
export async function readCertificate(directory: string): Promise<ServedCertificate> {
  const [certFile, keyFile] = certificateFiles(directory);
  try {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
    const options = { cert, key, minVersion: 'TLSv1.2' } as const;
    createSecureContext(options);
    return options;
  } catch (cause) {
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    throw new GlideinError('InvalidArgument', `no certificate with its key in ${directory}${why}`, {
      cause,
      place: { file: certFile },
      cure: 'write tls.crt and the tls.key that belongs to it',
    });
  }
}

/** The certificate of the authority, in PEM; undefined if it does not lie beside the pool's own, or is none. */
export async function readAuthority(directory: string): Promise<Buffer | undefined> {
  try {
    const pem = await readFile(join(directory, 'ca.crt'));
    new X509Certificate(pem);
    return pem;
  } catch {
    return undefined;
  }
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/**
 * Ensures that tokens never cross a network unencrypted.
 * @throws GlideinError InvalidArgument if a pool without TLS would be reachable from other machines
 */
export function requireLoopback(host: string): void {
  const version = isIP(host);
  if (host === 'localhost' || (version !== 0 && loopback.check(host, version === 6 ? 'ipv6' : 'ipv4')))
    return;
  throw new GlideinError('InvalidArgument', `without TLS the pool listens on loopback only, not on ${host}`, {
    cure: 'write --tls-directory DIR with tls.crt and tls.key, or --host 127.0.0.1',
  });
}
