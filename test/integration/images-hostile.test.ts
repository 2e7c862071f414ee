import { expect, it } from 'vitest';
import { imagesHostile } from '#testing/images-hostile/images-hostile.ts';

/** Some of every family: each takes a fraction of a second, and the soak of the same name takes all. */
const kinds = [
  'escape',
  'hard-link-out',
  'link-circle',
  'bomb-gzip',
  'bomb-sparse',
  'header-too-long',
  'digest',
  'truncated',
  'redirects',
  'manifest-values',
  'index-of-itself',
  'layers-large',
  'config-values',
  'tags-many',
  'tags-endless',
  'token-endless',
  'challenge-long',
  'header-long',
];

it('images and registries that do harm cost a publisher no more than was promised, and no good image', async ({
  signal,
}) => {
  const report = await imagesHostile({
    copies: 1,
    good: 1,
    kinds,
    isCompared: false,
    run: { limit: 120_000, timeLimit: '1m', pause: 50 },
    log: () => undefined,
    signal,
  });
  expect(report.wrong).toEqual([]);
  expect(report.beside.failed).toBe(kinds.length);
}, 150_000);
