import { describe, expect, test } from 'vitest';
import { imageSetResourceStatus } from '#api/image-set-status.ts';
import { answerWith, digestOf, failedTag, imageSetOf, liveTag } from '#testing/image-set-scene.ts';
import { imagesFound, imagesUnknown, nameTooLong, ready } from './findings.ts';
import { nextStatus, shown } from './status.ts';

const wall = Date.parse('2026-01-01T01:00:00.000Z');
const set = imageSetOf('s');
const listing = {
  reference: 'a/b:*',
  tags: 2,
  listedAt: '2026-01-01T00:10:00.000Z',
  nextCheckAt: '2026-01-01T00:25:00.000Z',
};
const cleaning = {
  at: '2026-01-01T00:12:00.000Z',
  removedNames: 1,
  removedImages: 2,
  keptImages: 3,
  dryRun: false,
  problems: ['the lease of x cannot be read'],
};
const answer = answerWith(
  [liveTag('a/b:1', { unlistedSince: '2026-01-01T00:15:00.000Z' }), failedTag('a/b:2')],
  {
    listings: [
      listing,
      {
        reference: 'a/c:*',
        failure: { code: 'Unavailable', reason: 'HTTP 503', at: '2026-01-01T00:10:00.000Z', attempts: 1 },
      },
    ],
    cleaning,
  },
);
const conditions = [ready(set, answer), imagesFound(answer)];

describe('the status of a set', () => {
  test('repeats what its publisher says, with failures first, and when that was', () => {
    const status = nextStatus(set, { conditions, answer }, wall);
    expect(status).toEqual({
      observedGeneration: 3,
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Serving',
          message:
            'the publisher keeps the claim images as the set says; what is published there stays when the set is deleted',
          lastTransitionTime: '2026-01-01T01:00:00.000Z',
          observedGeneration: 3,
        },
        {
          type: 'ImagesLive',
          status: 'False',
          reason: 'Failing',
          message:
            '1 of 2 tags fail, and 1 pattern cannot be listed: a/b:2: the registry has no such tag; a/c:*: HTTP 503',
          lastTransitionTime: '2026-01-01T01:00:00.000Z',
          observedGeneration: 3,
        },
      ],
      counts: { tags: 2, published: 1, pending: 0, failed: 2 },
      images: [answer.images[1], answer.images[0]],
      listings: [answer.listings[1], answer.listings[0]],
      more: { images: 0, listings: 0 },
      cleaning,
      lastAnswer: '2026-01-01T01:00:00.000Z',
    });
    expect(imageSetResourceStatus.safeParse(status).error).toBeUndefined();
  });

  test('keeps what was known while the publisher does not answer, and says how old it is', () => {
    const status = nextStatus(set, { conditions, answer }, wall);
    const silent = [ready(set, undefined), imagesUnknown('no route to host', status?.lastAnswer)];
    const later = nextStatus({ ...set, ...(status && { status }) }, { conditions: silent }, wall + 600_000);
    expect(later).toMatchObject({
      counts: answer.counts,
      images: [{ reference: 'a/b:2' }, { reference: 'a/b:1' }],
      lastAnswer: '2026-01-01T01:00:00.000Z',
    });
    expect(later?.conditions?.[1]).toMatchObject({
      status: 'Unknown',
      reason: 'NoAnswer',
      message: 'what this status says of images is as of 2026-01-01T01:00:00.000Z: no route to host',
    });
  });

  test('is written once a minute when only times have changed, and at once when anything else has', () => {
    const status = nextStatus(set, { conditions, answer }, wall);
    const written = { ...set, ...(status && { status }) };
    const checked = answerWith(
      answer.images.map((image) => ({ ...image, lastCheckedAt: '2026-01-01T01:00:10.000Z' })),
      { listings: answer.listings, cleaning },
    );
    const at = (ms: number, said = checked) =>
      nextStatus(written, { conditions: [ready(set, said), imagesFound(said)], answer: said }, wall + ms);
    expect(at(59_000)).toBeUndefined();
    expect(at(61_000)?.images?.[0]?.lastCheckedAt).toBe('2026-01-01T01:00:10.000Z');
    const moved = answerWith([liveTag('a/b:1', { digest: digestOf('d') }), failedTag('a/b:2')], {
      listings: answer.listings,
      cleaning,
    });
    expect(at(5_000, moved)?.images?.[1]?.digest).toBe(digestOf('d'));
  });

  test('of a thousand tags has those that fail, the newest of the others, and how many there are', () => {
    const tags = Array.from({ length: 1000 }, (_, index) =>
      index % 10 === 3
        ? failedTag(`a/b:${index}`)
        : liveTag(`a/b:${index}`, { publishedAt: new Date(wall + index * 1000).toISOString() }),
    );
    const { counts, images = [], more } = shown(answerWith(tags));
    expect(counts).toMatchObject({ tags: 1000, published: 900, failed: 100 });
    expect(images).toHaveLength(200);
    expect(images.slice(0, 100).every(({ failure }) => failure !== undefined)).toBe(true);
    expect(images[100]?.reference).toBe('a/b:999');
    expect(more).toEqual({ images: 800, listings: 0 });
  });

  test('of tags with the longest names and reasons is no larger than the cluster accepts', () => {
    const long = 'x'.repeat(1000);
    const tags = Array.from({ length: 1000 }, (_, index) => ({
      ...failedTag(`${index}${long}`, long),
      path: 'y'.repeat(4000),
    }));
    const { images = [], more } = shown(answerWith(tags));
    expect(JSON.stringify(images).length).toBeLessThan(262_144);
    expect(images.length).toBeGreaterThan(30);
    expect(more?.images).toBe(1000 - images.length);
  });
});

describe('the conditions of a set', () => {
  test.each([
    [
      'all live',
      answerWith([liveTag('a:1')]),
      { status: 'True', reason: 'AllLive', message: '1 tag, all live' },
    ],
    ['no tags', answerWith([]), { status: 'True', message: 'the set has no tags' }],
    [
      'one to come',
      answerWith([liveTag('a:1'), { reference: 'a:2', platform: 'linux/amd64' }]),
      { status: 'False', reason: 'Publishing', message: '1 of 2 tags are live, 1 to come' },
    ],
    [
      'only a pattern whose registry does not answer',
      answerWith([liveTag('a:1')], { listings: answer.listings }),
      { status: 'False', reason: 'Failing', message: '1 pattern cannot be listed: a/c:*: HTTP 503' },
    ],
    [
      'more failures than a sentence holds',
      answerWith(['a:1', 'a:2', 'a:3', 'a:4', 'a:5'].map((name) => failedTag(name, 'no'))),
      {
        status: 'False',
        reason: 'Failing',
        message:
          '5 of 5 tags fail: a:1: no; a:2: no; a:3: no; and 2 more, of which status.images tells the first',
      },
    ],
  ])('say of its images: %s', (_, said, expected) => {
    expect(imagesFound(said)).toMatchObject({ type: 'ImagesLive', ...expected });
  });

  test('say that it is paused, and that what is published stays', () => {
    expect(ready(imageSetOf('s', { paused: true }), answerWith([]))).toMatchObject({
      status: 'False',
      reason: 'Paused',
      message: expect.stringContaining('what is published stays'),
    });
  });

  test('say that its publisher goes on with an older specification, and why', () => {
    expect(ready(set, answerWith([], { specProblem: 'images[0]: no' }))).toMatchObject({
      status: 'False',
      reason: 'InvalidSpec',
      message: 'the publisher goes on with an older specification: images[0]: no',
    });
  });

  test('say how long its name may be', () => {
    expect(nameTooLong(imageSetOf('x'.repeat(45)))).toBeUndefined();
    expect(nameTooLong(imageSetOf('x'.repeat(46)))?.message).toContain('at most 45 characters');
  });
});
