import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkProxies } from './check-proxies.ts';

/** An arbitrary certificate; nobody has its key. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBdzCCAR2gAwIBAgIUDiFg9hu93FcVU2EzCNbuO6zs0BIwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFYWxpY2UwIBcNMjYxMTI5MDU1MDA0WhgPMjA4MTA5MDEwNTUw
MDRaMBAxDjAMBgNVBAMMBWFsaWNlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
KUCCMhFF7fCcDs9Y/90ZS+zKko15rOpI3R3s0CGE+8B+N/cjwwW8C9tpoQMGb8uy
Gejf7Omi9kXUhpI6N3mezaNTMFEwHQYDVR0OBBYEFHd2hDu2mwQBztWWPkcCyUpF
hFlmMB8GA1UdIwQYMBaAFHd2hDu2mwQBztWWPkcCyUpFhFlmMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAJapIMAhhnyS6XpWpEI9x9AJT9/LnTJu
k9C7hcYDUQw9AiBme4dhNv32Nw0pBQOJ/XaWd+3HCAQUzxNjIooANdgA5w==
-----END CERTIFICATE-----
`;
const end = Date.parse('Sep  1 05:50:04 2081 GMT');

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-proxy-'));
  await writeFile(join(directory, 'proxy'), certificate);
  await writeFile(join(directory, 'text'), 'hello');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const check = (name: string, now: number): void =>
  checkProxies(
    { cluster: { x509userproxy: JSON.stringify(join(directory, name)) }, procs: [], warnings: [] },
    now,
  );

it('a proxy that has not expired is accepted', () => {
  expect(() => check('proxy', end - 1)).not.toThrow();
});

it('an expired proxy is refused with its file, its expiry and how to renew it', () => {
  expect(() => check('proxy', end)).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(/proxy \S+\/proxy expired at \d{4}-/),
      cure: expect.stringContaining('voms-proxy-init'),
    }),
  );
});

it('a file that is not a proxy is refused', () => {
  expect(() => check('text', 0)).toThrow('is not a proxy certificate');
  expect(() => check('none', 0)).toThrow('cannot be read');
});
