import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { eventually } from '#testing/eventually.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, jobsAnswer, submitAnswer } from '#wire/jobs.ts';

describe('a pool whose database finds no room', () => {
  let pool: TestPool;

  beforeEach(async () => {
    pool = await TestPool.start();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await pool.destroy();
  });

  /** From now on nothing that is appended becomes durable before there is room. */
  function withoutRoom() {
    const { store, volume } = pool.core;
    const room = Promise.withResolvers<void>();
    const append = store.append.bind(store);
    const appended = vi.spyOn(store, 'append').mockImplementation((...record) => {
      const { seq, durable } = append(...record);
      return { seq, durable: durable.then(() => room.promise) };
    });
    return {
      appended,
      full: () => volume.databaseIsFull(true),
      end: () => {
        volume.databaseIsFull(false);
        room.resolve();
      },
    };
  }
  const client = () => pool.client('submitter', 'alice');
  const submit = (json = submitOf()) => client().json('/v1/jobs', submitAnswer, { method: 'POST', json });
  const act = (action: string, cluster: number) =>
    client().json('/v1/jobs/actions', jobActionAnswer, {
      method: 'POST',
      json: { action, jobs: [String(cluster)], reason: 'test' },
    });

  it('a submit that was recorded waits for room, and later ones are refused', async () => {
    const volume = withoutRoom();
    const request = submitOf();
    const first = submit(request);
    await eventually(async () => expect(volume.appended).toHaveBeenCalledTimes(1));
    volume.full();
    await expect(submit()).rejects.toMatchObject({ code: 'NoSpace' });
    const again = submit(request);
    const counted = Promise.allSettled([first, again]);
    await expect(submit()).rejects.toMatchObject({ code: 'NoSpace' });
    expect(volume.appended).toHaveBeenCalledTimes(1);
    volume.end();
    expect(await counted).toMatchObject([
      { status: 'fulfilled', value: { procs: 1 } },
      { status: 'fulfilled', value: await first },
    ]);
    expect((await client().json('/v1/jobs', jobsAnswer)).total).toBe(1);
  });

  it('a repeated submit gets its answer although no new ones are accepted', async () => {
    const request = submitOf();
    const answer = await submit(request);
    pool.core.volume.databaseIsFull(true);
    expect(await submit(request)).toEqual(answer);
    pool.core.volume.databaseIsFull(false);
  });

  it.each(['hold', 'remove', 'release'])(
    'a %s is never answered with a failure and carried out anyway',
    async (action) => {
      const { cluster } = await submit();
      if (action === 'release') await act('hold', cluster);
      const volume = withoutRoom();
      const done = act(action, cluster);
      const settled = Promise.allSettled([done]);
      await eventually(async () => expect(volume.appended).toHaveBeenCalledTimes(1));
      volume.full();
      await expect(act('hold', cluster)).rejects.toMatchObject({ code: 'NoSpace' });
      volume.end();
      expect(await settled).toMatchObject([{ status: 'fulfilled', value: { changed: 1 } }]);
    },
  );

  it('waiting jobs start as soon as there is room', async () => {
    const { cluster } = await submit();
    pool.core.volume.databaseIsFull(true);
    const pilot = await ScriptedPilot.start({
      url: pool.url,
      token: await pool.token('pilot', 'u1'),
      uid: 'u1',
    });
    await new Promise(setImmediate);
    pool.core.volume.databaseIsFull(false);
    await pilot.next('start', ({ job }) => job === `${cluster}.0`);
  });
});
