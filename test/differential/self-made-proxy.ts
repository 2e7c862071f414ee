import 'reflect-metadata';
import { X509CertificateGenerator } from '@peculiar/x509';

/** A certificate with its private key, which is all that condor_submit wants of a proxy. */
export async function selfMadeProxy(): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: '01',
      name: 'CN=alice',
      notBefore: new Date(Date.now() - 3_600_000),
      notAfter: new Date(Date.now() + 24 * 3_600_000),
      signingAlgorithm: algorithm,
      keys,
    },
    crypto,
  );
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const lines = key.match(/.{1,64}/g) ?? [];
  return `${certificate.toString('pem')}\n-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}
