import { describe, expect, it } from 'vitest';
import { issuesInWords } from '#base/issue-in-words.ts';
import { imageSetSpec } from './image-set.ts';
import { imageLease, imageSetStatus } from './image-set-status.ts';

const problemsOf = (spec: object): string => {
  const { error } = imageSetSpec.safeParse(spec);
  return error === undefined ? '' : issuesInWords(error, 'the set');
};

describe('an image set', () => {
  it('is looked at every quarter of an hour, and keeps images for two days, unless it says otherwise', () => {
    expect(imageSetSpec.parse({ images: [{ reference: 'debian:12' }] })).toMatchObject({
      images: [{ reference: 'debian:12', exclude: [] }],
      platforms: ['linux/amd64'],
      schedule: { every: '15m' },
      retention: { grace: '2d', unlistedFor: '1d', most: 50, dryRun: false },
      limits: { parallel: 2 },
      paused: false,
    });
  });

  it.each([
    'debian',
    'docker://debian:12',
    'docker.io/library/debian:1[0-2]*',
    '127.0.0.1:5000/org/name:2026-??',
    'ghcr.io/org/name@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  ])('may have the reference %s', (reference) => {
    expect(problemsOf({ images: [{ reference }] })).toBe('');
  });

  it.each([
    ['a pattern in a repository', 'ghcr.io/org/*:1'],
    ['capital letters in a repository', 'ghcr.io/Org/Name'],
    ['a blank', 'ghcr.io/org/name:1 2'],
    ['another scheme', 'https://ghcr.io/org/name'],
  ])('may not have a reference with %s', (_what, reference) => {
    expect(problemsOf({ images: [{ reference }] })).toContain('write [HOST/][ORG/]NAME[:TAG]');
  });

  it('names each image once, and asks for none more often than once in a second', () => {
    const twice = [{ reference: 'debian' }, { reference: 'debian' }];
    expect(problemsOf({ images: twice })).toContain('images.1.reference: the image "debian" is listed twice');
    expect(problemsOf({ schedule: { every: '100ms' } })).toContain('schedule.every');
  });
});

it('a lease names images by their digests', () => {
  const until = '2026-11-29T22:00:00Z';
  const digest = `sha256:${'0'.repeat(64)}`;
  expect(imageLease.safeParse({ digests: [digest], until }).success).toBe(true);
  expect(imageLease.safeParse({ digests: ['debian'], until }).success).toBe(false);
});

it('the status of a set has a count for each state of an image', () => {
  const counts = { tags: 3, published: 2, pending: 1, failed: 0 };
  const status = {
    set: 's',
    directory: '/images',
    specDigest: 'sha256:0',
    writtenAt: '2026-11-29T22:00:00Z',
    counts,
    images: [],
    listings: [],
  };
  expect(imageSetStatus.parse(status).counts).toEqual(counts);
});

it('the status of the largest set that may be written can be read again', () => {
  const named = (count: number, rest: object) =>
    Array.from({ length: count }, (_, at) => ({ reference: `example.org/a:${at}`, ...rest }));
  const { limits } = imageSetSpec.parse({ limits: { tags: 10_000 } });
  const status = {
    set: 'set',
    directory: '/images',
    specDigest: 'sha256:0',
    writtenAt: '2026-11-29T00:00:00Z',
    counts: { tags: 0, published: 0, pending: 0, failed: 0 },
    // 1000 images and 2000 lines that are no patterns, on two platforms.
    images: named(2 * (limits.tags + 3000), { platform: 'linux/amd64' }),
    listings: named(3001, {}),
  };
  expect(imageSetStatus.safeParse(status).success).toBe(true);
});
