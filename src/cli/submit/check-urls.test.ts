import { expect, it } from 'vitest';
import { checkDestinations, checkUrls } from './check-urls.ts';

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
  ['constructor://a/b', /travels with the job/],
])('the input %s causes a warning with what to write if no pilot fetches it', (url, cure) => {
  expect(checkUrls(`"a, ${url}"`)).toEqual([expect.stringMatching(cure)]);
});

it('a warning about a URL shows neither a password nor a signature', () => {
  const url = 's3://key:secret@bucket/a?secret';
  for (const warnings of [checkUrls(`"${url}"`), checkDestinations(`"x = ${url}; y = s3://other/b"`)])
    expect(warnings).toEqual([
      expect.stringMatching(
        /^only pilots whose group transfers files by s3:\/\/ run this job, because of s3:\/\/bucket\/a; if/,
      ),
    ]);
});

it.each(['https://host', 'https://host/', 'http:///', 'https://host:99999/a'])(
  'the URL %s is refused because it does not end with a file name',
  (url) => {
    expect(() => checkUrls(`"${url}"`)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  },
);

it('input files, and URLs that pilots can fetch, are accepted', () => {
  expect(checkUrls('"a, b/c, https://host/d?e=f, HTTP://host/g"')).toEqual([]);
});
