import { expect, it } from 'vitest';
import { imagesHostile } from '#testing/images-hostile/images-hostile.ts';

it('images and registries that do harm cost a publisher no more than was promised, and no good image', async () => {
  const report = await imagesHostile({ copies: 1, good: 1, isShort: true, log: () => undefined });
  expect(report.wrong).toEqual([]);
  expect(report.images).toBeGreaterThan(40);
}, 400_000);
