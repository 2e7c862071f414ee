// The certificate library uses decorators, which need this first.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate and its private key (PKCS #8), both in PEM. */
export interface KeyedCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Epoch milliseconds. */
export interface Validity {
  readonly from: number;
  readonly to: number;
}

const curve = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signing = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** A new authority, signed by itself, that may sign servers' certificates and no further authorities. */
export async function signAuthority(name: string, validity: Validity): Promise<KeyedCertificate> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: commonName(name),
    keys,
    ...datesOf(validity),
    signingAlgorithm: signing,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pemOf(certificate), key: await keyPem(keys.privateKey) };
}

/** A new certificate for a server that is reached by `hosts`, the first of which names it. */
export async function signServer(
  authority: KeyedCertificate,
  hosts: readonly [string, ...string[]],
  validity: Validity,
): Promise<KeyedCertificate> {
  const keys = await newKeys();
  const issuer = new X509Certificate(authority.certificate);
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    new SubjectAlternativeNameExtension(hosts.map((value) => ({ type: 'dns', value }))),
    await SubjectKeyIdentifierExtension.create(keys.publicKey),
    await AuthorityKeyIdentifierExtension.create(issuer),
  ];
  const certificate = await X509CertificateGenerator.create({
    subject: commonName(hosts[0]),
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    signingKey: await readKey(authority.key),
    ...datesOf(validity),
    signingAlgorithm: signing,
    extensions,
  });
  return { certificate: pemOf(certificate), key: await keyPem(keys.privateKey) };
}

const newKeys = () => webcrypto.subtle.generateKey(curve, true, ['sign', 'verify']);

const readKey = (pem: string) =>
  webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(pem), curve, false, ['sign']);

const keyPem = async (key: webcrypto.CryptoKey) =>
  `${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), PemConverter.PrivateKeyTag)}\n`;

const pemOf = (certificate: X509Certificate) => `${certificate.toString('pem')}\n`;

/** A common name has at most 64 characters (RFC 5280, ub-common-name); clients check the alternative names. */
const commonName = (name: string) => [{ CN: [name.slice(0, 64)] }];

const datesOf = ({ from, to }: Validity) => ({ notBefore: new Date(from), notAfter: new Date(to) });
