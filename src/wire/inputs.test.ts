import { expect, it } from 'vitest';
import { nameOfUrl, schemeOf, shownUrl } from './inputs.ts';

it.each([
  ['https://host/a/b.tar?version=2#x', 'b.tar'],
  ['http://host/with%20blank', 'with%20blank'],
  ['http://host/a/', undefined],
  ['http://host', undefined],
  ['http://host/a/..', undefined],
  ['http://host/a/%2e%2e', undefined],
  ['http://', undefined],
  ['http://host:99999/a', undefined],
  ['http://host/a%2Fb', 'a%2Fb'],
  ['http://host/..%2F..%2Fpasswd', '..%2F..%2Fpasswd'],
  ['http://host/\u00e9 \u00e8', '\u00e9 \u00e8'],
  ['http://host/a\nb', undefined],
  [`http://host/${'a'.repeat(255)}`, 'a'.repeat(255)],
  [`http://host/${'a'.repeat(256)}`, undefined],
])('the input %s is named %s', (url, name) => {
  expect(nameOfUrl(url)).toBe(name);
});

it.each([
  ['HTTPS://host/a', 'https'],
  ['osdf:///a', 'osdf'],
  ['data/a', undefined],
  ['C:/a', undefined],
])('the scheme of the input %s is %s', (entry, scheme) => {
  expect(schemeOf(entry)).toBe(scheme);
});

it.each([
  ['https://me:secret@host:81/a/b?X-Signature=abc', 'https://host:81/a/b'],
  ['https://me:p@ss@host:99999/a#secret', 'https://host:99999/a'],
  ['s3://key:secret@bucket/a?secret', 's3://bucket/a'],
])('a URL is shown without a password and without a signature: %s', (url, shown) => {
  expect(shownUrl(url)).toBe(shown);
});
