import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { Volume } from './volume.ts';

const mega = 2 ** 20;

describe('room on a volume of 1 GiB, of which 100 MiB are kept free', () => {
  let free: number;
  let volume: Volume;

  beforeEach(async () => {
    free = 1024 * mega;
    volume = await Volume.open({
      directory: '/',
      clock: systemClock,
      keepFree: 100 * mega,
      statfs: async () => ({ bavail: free, blocks: 1024 * mega, bsize: 1 }),
    });
  });
  afterEach(() => volume.close());

  const noSpace = (message: RegExp) => ({ code: 'NoSpace', message: expect.stringMatching(message) });

  it('two uploads at the same time do not get the same space', async () => {
    free = 400 * mega;
    const wish = { owner: 'alice', bytes: 200 * mega };
    const [first, second] = await Promise.allSettled([volume.room.admit(wish), volume.room.admit(wish)]);
    expect(first).toMatchObject({ status: 'fulfilled' });
    expect(second).toMatchObject({ reason: noSpace(/200Mi of them reserved/) });
  });

  it('asking for space takes reservations into account and reserves nothing', async () => {
    free = 400 * mega;
    await volume.room.require(300 * mega);
    await volume.room.require(300 * mega);
    await volume.room.admit({ owner: 'alice', bytes: 100 * mega });
    await expect(volume.room.require(300 * mega)).rejects.toMatchObject(noSpace(/this needs 300Mi/));
  });

  it('results do not get the space that a submit needs until it is folded', async () => {
    free = 300 * mega;
    const submit = await volume.room.admit({ owner: 'alice', bytes: 100 * mega });
    await expect(volume.room.admit({ bytes: 190 * mega })).rejects.toMatchObject(
      noSpace(/25Mi are kept free/),
    );
    await submit.end(0);
    await volume.room.admit({ bytes: 190 * mega });
  });

  it('results do not get the space that the removal of all jobs needs', async () => {
    free = 300 * mega;
    volume.room.setAside(() => 100 * mega);
    await expect(volume.room.admit({ bytes: 190 * mega })).rejects.toMatchObject(
      noSpace(/100Mi of them reserved/),
    );
    await volume.room.admit({ bytes: 150 * mega });
  });

  it('written bytes are not counted as reserved too', async () => {
    free = 600 * mega;
    const upload = await volume.room.admit({ owner: 'alice', bytes: 300 * mega });
    free = 310 * mega;
    await upload.wrote(290 * mega);
    await volume.room.admit({ owner: 'bob', bytes: 90 * mega });
  });

  it('an upload of unknown length is refused before others have too little space', async () => {
    free = 220 * mega;
    const upload = await volume.room.admit({ owner: 'alice' });
    free = 204 * mega;
    await expect(upload.wrote(16 * mega)).rejects.toMatchObject(noSpace(/200Mi are kept free/));
    await upload.end(0);
    await expect(volume.room.admit({ owner: 'alice' })).rejects.toMatchObject(noSpace(/200Mi are kept free/));
  });

  it('an owner of many small files does not keep others from submitting small jobs', async () => {
    free = 150 * mega;
    for (let file = 0; file < 12; file += 1) {
      const room = await volume.room.admit({ owner: 'greedy', bytes: mega });
      free -= mega;
      await room.end(mega);
    }
    await expect(volume.room.admit({ owner: 'greedy', bytes: mega })).rejects.toMatchObject(
      noSpace(/scarce.*each owner may take 12\.5Mi of what is left, you have taken 12Mi/),
    );
    await volume.room.admit({ owner: 'good', bytes: mega });
  });

  it('refused or unwritten bytes do not count against their owner', async () => {
    free = 150 * mega;
    for (let time = 0; time < 30; time += 1)
      await (await volume.room.admit({ owner: 'alice', bytes: mega })).end(0);
  });

  it('once there is plenty of space, what owners took before is forgotten', async () => {
    free = 150 * mega;
    await (await volume.room.admit({ owner: 'alice', bytes: 12 * mega })).end(12 * mega);
    free = 500 * mega;
    await volume.look();
    free = 150 * mega;
    await volume.room.admit({ owner: 'alice', bytes: 12 * mega });
  });
});
