import { expect, test } from 'vitest';
import type { Secret } from '#kube/resource.ts';
import { newAuthority, newServer } from './certificate-policy.ts';
import { givenCertificate } from './given-certificate.ts';

const now = Date.now();
const hosts = ['main-pool.atlas.svc', 'localhost'] as const;
const authority = await newAuthority('somebody else', now);
const server = await newServer(authority, hosts, now);

const secret = (files: Record<string, string>): Secret => ({
  metadata: { name: 'given' },
  data: Object.fromEntries(
    Object.entries(files).map(([file, text]) => [file, Buffer.from(text).toString('base64')]),
  ),
});
const whole = { 'tls.crt': server.certificate, 'tls.key': server.key, 'ca.crt': authority.certificate };

test('a certificate that somebody else keeps is used until it ends', () => {
  const { ca, ends } = givenCertificate(secret(whole), 'given', hosts, now);
  expect(ca).toBe(authority.certificate);
  expect((ends - now) / 86_400_000).toBeCloseTo(90, 0);
  expect(() => givenCertificate(secret(whole), 'given', hosts, ends)).toThrow('Secret given ended at 20');
});

test.each([
  ['no Secret', undefined, 'there is no Secret given', 'Certificate with that secretName'],
  ['no authority', { ...whole, 'ca.crt': '' }, 'the Secret given has no ca.crt', 'CA or Vault'],
  ['nothing', {}, 'has no tls.crt and no tls.key and no ca.crt', 'take an issuer'],
  [
    'no certificate',
    { ...whole, 'tls.crt': 'oh' },
    'tls.crt of the Secret given is not a certificate',
    'again',
  ],
])('%s is refused with advice', (_, files, message, cure) => {
  const given = files === undefined ? undefined : secret(files as Record<string, string>);
  expect(() => givenCertificate(given, 'given', hosts, now)).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(message),
      cure: expect.stringContaining(cure),
    }),
  );
});

test('a certificate for other names is refused with the names that are missing', () => {
  const wanted = [...hosts, 'other-pool.atlas.svc'];
  expect(() => givenCertificate(secret(whole), 'given', wanted, now)).toThrow(
    'the certificate of the Secret given is not for other-pool.atlas.svc',
  );
});
