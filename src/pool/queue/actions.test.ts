import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { TestPool } from '#testing/test-pool.ts';
import { type JobActionRequest, jobActionAnswer, submitAnswer } from '#wire/jobs.ts';

const mebi = 2 ** 20;

describe('actions on procs that nobody has claimed', () => {
  let pool: TestPool;

  beforeEach(async () => {
    pool = await TestPool.start({ settings: { jobMemoryBytes: 2 * mebi } });
  });
  afterEach(() => pool.destroy());

  const submit = async (procs: unknown, ad = {}): Promise<string> => {
    const json = { ...submitOf(1, ad), procs };
    const client = pool.client('submitter', 'alice');
    return String((await client.json('/v1/jobs', submitAnswer, { method: 'POST', json })).cluster);
  };
  const series = (count: number) => submit({ count, attributes: {}, inputs: [] });
  const act = (action: JobActionRequest['action'], more: Partial<JobActionRequest>, who = 'alice') =>
    pool.client('submitter', who).json('/v1/jobs/actions', jobActionAnswer, {
      method: 'POST',
      json: { action, reason: 'please', ...more } satisfies JobActionRequest,
    });
  const emptied = async () => {
    await pool.core.ledger.foldNow();
    return pool.core.queue.bytes;
  };

  it('an action that is possible for no proc of a cluster is refused without a look at each of a billion', async () => {
    const cluster = await series(1e9);
    const answers = [
      await act('remove', { jobs: [cluster] }, 'bob'),
      await act('release', { jobs: [cluster] }),
      await act('release', { all: true }),
    ];
    expect(answers.map(({ changed }) => changed)).toEqual([0, 0, 0]);
    expect(answers[0]?.refused[0]).toMatchObject({ job: `${cluster}.0`, code: 'Forbidden' });
    expect(answers[1]?.refused[999]).toMatchObject({ job: `${cluster}.999`, code: 'Conflict' });
    expect(answers[1]?.refused[1000]).toMatchObject({ job: '999999000 more' });
    expect(answers[2]?.refused).toEqual([]);
  });

  it.each([{ all: true }, { owners: ['alice'] }, { constraint: 'RequestCpus == 1' }])(
    'a selection that means all procs of a cluster changes a billion with one record: %j',
    async (selection) => {
      const cluster = await series(1e9);
      await act('hold', { jobs: [`${cluster}.7`] });
      expect(await act('hold', selection)).toEqual({ changed: 1e9 - 1, refused: [] });
      expect(await act('release', selection)).toEqual({ changed: 1e9, refused: [] });
      expect(pool.core.queue.countIn('Idle')).toBe(1e9);
      expect(await act('remove', selection)).toEqual({ changed: 1e9, refused: [] });
      expect(await emptied()).toBe(0);
    },
  );

  it('a job that was removed while an action came to it stays removed', async () => {
    const procs = Array.from({ length: 5000 }, (_, n) => ({ attributes: { N: String(n) }, inputs: [] }));
    const cluster = await submit(procs);
    const held = act('hold', { constraint: 'N >= 0' });
    while (pool.core.queue.countIn('Held') === 0) await nextTurn();
    await act('remove', { jobs: [cluster] });
    await held;
    expect(pool.core.queue.countIn('Held')).toBe(0);
    expect(await emptied()).toBe(0);
  });

  it('procs become held jobs of their own only while there is memory for them, and can be removed without any', async () => {
    await series(2e4);
    const { changed, refused } = await act('hold', { constraint: 'ProcId % 2 == 0' });
    expect(changed).toBeLessThan(5000);
    expect(refused[0]).toMatchObject({ code: 'Unavailable', reason: expect.stringContaining('memory') });
    expect(pool.core.queue.bytes).toBeLessThan(2 * mebi);
    expect(await act('remove', { constraint: 'ProcId >= 0' })).toEqual({ changed: 2e4, refused: [] });
    expect(await emptied()).toBe(0);
  });
});
