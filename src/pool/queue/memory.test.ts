import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { eventually } from '#testing/eventually.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, jobsAnswer, type SubmitRequest, submitAnswer } from '#wire/jobs.ts';
import { hasMemoryForJob, memoryShares, requireMemory } from './memory.ts';

const mebi = 2 ** 20;

describe('the memory of a pool', () => {
  it('memory is divided from the heap, or from the container if that is smaller', () => {
    expect(memoryShares({ heap: 600 * mebi, limit: 1024 * mebi }).jobs).toBe(300 * mebi);
    expect(memoryShares({ heap: 4096 * mebi, limit: 1000 * mebi }).jobs).toBe(350 * mebi);
    expect(memoryShares({ heap: 4096 * mebi, limit: 1000 * mebi }, 7).jobs).toBe(7);
  });

  it('jobs that cannot fit into an empty queue are refused for good, others for now', () => {
    const shares = { jobs: 100 * mebi, requests: 0 };
    const wish = { procs: 1000, bytes: 60 * mebi };
    expect(() => requireMemory(shares, { all: 0, owner: 0 }, wish)).not.toThrow();
    expect(() => requireMemory(shares, { all: 50 * mebi, owner: 0 }, wish)).toThrow(
      /1000 jobs take about 60Mi.*holds 50Mi of the 87.5Mi/,
    );
    expect(() => requireMemory(shares, { all: 0, owner: 0 }, { procs: 1, bytes: 200 * mebi })).toThrow(
      /1 job takes about 200Mi of memory, but this pool has 70Mi for all jobs of one owner/,
    );
  });
});

describe('a pool whose memory is full of jobs', () => {
  let pool: TestPool;

  beforeEach(async () => {
    pool = await TestPool.start({ settings: { jobMemoryBytes: mebi } });
  });
  afterEach(async () => {
    await pool.destroy();
  });

  const client = () => pool.client('submitter', 'alice');
  /** A kilobyte for each proc. */
  const jobs = (procs: number) => ({
    ...submitOf(),
    procs: Array.from({ length: procs }, (_, proc) => ({
      attributes: { Args: `"${proc} ${'x'.repeat(960)}"` },
      inputs: [],
    })),
  });
  const submit = (procs: number) =>
    client().json('/v1/jobs', submitAnswer, { method: 'POST', json: jobs(procs) });

  it('jobs that no memory has room for are refused before one of them is kept', async () => {
    await expect(submit(10_000)).rejects.toMatchObject({
      code: 'TooLarge',
      cure: expect.stringContaining('fewer procs'),
    });
    expect((await client().json('/v1/jobs', jobsAnswer)).total).toBe(0);
  });

  it('a pool that takes no more jobs still starts those that it has', async () => {
    const fill = async (request: () => SubmitRequest): Promise<void> => {
      for (let isFull = false; !isFull; )
        await client()
          .json('/v1/jobs', submitAnswer, { method: 'POST', json: request() })
          .catch(() => {
            isFull = true;
          });
    };
    for (const request of [() => jobs(100), () => jobs(10), () => submitOf()]) await fill(request);
    const [url, uid] = [pool.url, 'u1'];
    const slot = { Cpus: '50', Memory: '50000', Disk: '50000000' };
    await ScriptedPilot.start({ url, token: await pool.token('pilot', uid), uid, slot });
    await eventually(() => expect(pool.core.queue.countIn('Running')).toBe(50));
  });

  it('an owner whose jobs fill the memory of a pool that has less now can still start some', () => {
    const use = { bytes: 100 * mebi, bytesOf: () => 100 * mebi };
    const shares = { jobs: mebi, requests: 0 };
    expect(hasMemoryForJob(shares, { ...use, ownJobsOfOwner: () => 99 }, 'alice')).toBe(true);
    expect(hasMemoryForJob(shares, { ...use, ownJobsOfOwner: () => 100 }, 'alice')).toBe(false);
  });

  it('there is memory for others when one owner has used up a share', async () => {
    await submit(700);
    await expect(submit(200)).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringMatching(/your jobs/),
    });
    const other = pool.client('submitter', 'bob');
    await other.json('/v1/jobs', submitAnswer, { method: 'POST', json: jobs(200) });
  });

  it('jobs that do not fit are refused, and accepted once others have left', async () => {
    const { cluster } = await submit(600);
    await expect(submit(600)).rejects.toMatchObject({ code: 'Unavailable' });
    const json = { action: 'remove', jobs: [String(cluster)], reason: 'test' };
    await client().json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json });
    await eventually(() => submit(600));
  });

  it('when all jobs are gone, no byte is counted', async () => {
    const { cluster } = await submit(500);
    expect(pool.core.queue.bytes).toBeGreaterThan(500 * 1000);
    for (const action of ['hold', 'release', 'remove']) {
      const json = { action, jobs: [String(cluster)], reason: 'test' };
      await client().json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json });
    }
    await eventually(() => expect(pool.core.queue.bytes).toBe(0));
  });

  it('the outputs of held jobs do not fill the memory', async () => {
    await client().json('/v1/jobs', submitAnswer, {
      method: 'POST',
      json: submitOf(4, { OnExitHold: 'true' }),
    });
    const pilot = await ScriptedPilot.start({
      url: pool.url,
      token: await pool.token('pilot', 'u1'),
      uid: 'u1',
    });
    const outputs = Array.from({ length: 1500 }, (_, index) => ({
      name: `part-${index}`,
      digest: `sha256:${'0'.repeat(64)}`,
      size: 1,
      executable: false,
    }));
    for (let proc = 0; proc < 4; proc += 1) {
      const start = await pilot.next('start', ({ job }) => job.endsWith(`.${proc}`));
      pilot.started(start);
      pilot.finished(start, { kind: 'exited', exitCode: 0 }, { outputs });
      await pilot.recorded(start.claim);
    }
    const { memory, queue } = pool.core;
    expect(queue.bytes).toBeLessThanOrEqual(memory.jobs);
    const { jobs } = await client().json('/v1/jobs', jobsAnswer);
    expect(jobs.map((job) => job.outputs.length)).toEqual([1500, 1500, 0, 0]);
    expect(jobs.at(-1)).toMatchObject({
      ad: { JobStatus: '5' },
      left: [{ name: '1500 outputs', reason: expect.stringContaining('no memory') }],
    });
  });
});
