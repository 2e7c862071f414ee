import { expect, it } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { inTime } from './in-time.ts';

it('a file system that hangs is a fault of the node, and one that answers is not', async () => {
  const clock = new ManualClock();
  const hanging = inTime('the image', clock, new Promise(() => {}));
  clock.advance(120_000);
  await expect(hanging).rejects.toMatchObject({
    code: 'RuntimeFailed',
    message: 'the image did not answer for 120 seconds',
  });
  expect(await inTime('the image', clock, Promise.resolve(7))).toBe(7);
});
