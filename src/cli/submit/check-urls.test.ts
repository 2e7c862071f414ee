import { expect, it } from 'vitest';
import { checkUrls } from './check-urls.ts';

it.each([
  ['file:///home/alice/a', /only the path/],
  ['osdf:///ospool/a', /cache of the federation/],
  ['stash:///ospool/a', /cache of the federation/],
  ['pelican://host/a', /cache of the federation/],
  ['S3://bucket/a', /signed URL/],
  ['gs://bucket/a', /signed URL/],
  ['gsiftp://host/a', /a client in its image/],
  ['gridftp://host/a', /a client in its image/],
  ['root://host//a', /a client in its image/],
  ['xroot://host//a', /a client in its image/],
  ['srm://host/a', /a client in its image/],
  ['davs://host/a', /https:\/\/ instead/],
  ['dav://host/a', /http:\/\/ instead/],
  ['ftp://host/a', /on an HTTP server/],
  ['constructor://a', /travels with the job/],
])('the input %s is refused with what to write instead', (url, cure) => {
  expect(() => checkUrls(`"a, ${url}"`)).toThrow(
    expect.objectContaining({ code: 'Unsupported', cure: expect.stringMatching(cure) }),
  );
});

it('a refusal of a URL shows neither a password nor a signature', () => {
  expect(() => checkUrls('"s3://key:secret@bucket/a?secret"')).toThrow(
    expect.objectContaining({ message: 'pilots do not fetch s3://, as in s3://bucket/a' }),
  );
});

it.each(['https://host', 'https://host/', 'http:///', 'https://host:99999/a'])(
  'the URL %s is refused because it does not end with a file name',
  (url) => {
    expect(() => checkUrls(`"${url}"`)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  },
);

it('input files, and URLs that pilots can fetch, are accepted', () => {
  checkUrls('"a, b/c, https://host/d?e=f, HTTP://host/g"');
});
