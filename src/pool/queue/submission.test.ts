import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jobTexts, submitOf } from '#testing/ads.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, type SubmitRequest } from '#wire/jobs.ts';
import { SubmitReader } from '../intake/submit-reader.ts';
import { act } from './actions.ts';
import { Submission } from './submission.ts';

describe('submission', () => {
  let pool: TestPool;
  let submission: Submission;

  beforeEach(async () => {
    pool = await TestPool.start();
    submission = new Submission(pool.core);
  });
  afterEach(async () => {
    await pool.destroy();
  });

  const accept = async (request: SubmitRequest, owner = 'alice') => {
    const reader = new SubmitReader(owner);
    reader.push(Buffer.from(JSON.stringify(request)));
    return submission.accept(reader.end(), owner, { subject: owner });
  };

  const jobsOf = (cluster: number) => [...pool.core.queue.jobsOf(cluster)];

  it('a key makes one cluster, whether it is repeated at once, later or after a restart', async () => {
    const request = submitOf(2);
    const answers = await Promise.all(Array.from({ length: 20 }, () => accept(request)));
    expect(new Set(answers.map(({ cluster }) => cluster)).size).toBe(1);
    const { cluster } = answers[0]!;
    expect(await accept(request)).toEqual({ cluster, procs: 2 });
    await pool.stop();
    pool = await TestPool.start({ directory: pool.directory });
    submission = new Submission(pool.core);
    expect(await accept(request)).toEqual({ cluster, procs: 2 });
    const admin = { subject: 'root', role: 'admin' as const };
    await act(
      pool.core,
      { action: 'remove', jobs: [`${cluster}`], reason: 'r' },
      { identity: admin, by: admin },
    );
    await pool.stop();
    pool = await TestPool.start({ directory: pool.directory });
    submission = new Submission(pool.core);
    expect(await accept(request)).toEqual({ cluster, procs: 2 });
    expect(jobsOf(cluster)).toEqual([]);
  });

  it('two owners never share a key, whatever characters their names have', async () => {
    const part = fc.stringMatching(/^[ab/%]{1,6}$/);
    await fc.assert(
      fc.asyncProperty(part, part, part, part, async (owner, key, other, otherKey) => {
        fc.pre(owner !== other || key !== otherKey);
        const unique = `${process.hrtime.bigint()}`;
        const first = await accept({ ...submitOf(), key: `${key}${unique}` }, owner);
        const second = await accept({ ...submitOf(), key: `${otherKey}${unique}` }, other);
        expect(second.cluster).not.toBe(first.cluster);
      }),
      { numRuns: 50 },
    );
  });

  it('attributes that only the pool may set are ignored in a submitted ad', async () => {
    const lies = {
      oWnEr: '"bob"',
      User: '"bob"',
      JobStatus: '4',
      ClusterId: '7',
      NumJobStarts: '99',
      ExitCode: '0',
      HoldReason: '"none"',
    };
    const request = submitOf(1, lies);
    const proc = { attributes: { OWNER: '"bob"', ProcId: '5', JobStatus: '5' }, inputs: [] };
    const { cluster } = await accept({ ...request, procs: [proc] });
    const [job] = jobsOf(cluster);
    expect(job?.state).toBe('Idle');
    for (const ad of [pool.core.ads.submitted(job!), pool.core.ads.whole(job!)]) {
      expect(ad.evaluate('Owner')).toBe('alice');
      expect(ad.evaluate('User')).toBe('alice');
      expect(ad.evaluateNumber('ClusterId')).toBe(cluster);
      expect(ad.evaluateNumber('ProcId')).toBe(0);
    }
    expect(pool.core.ads.whole(job!).toTexts()).toMatchObject({ JobStatus: '1', NumJobStarts: '0' });
    expect(pool.core.ads.whole(job!).has('ExitCode')).toBe(false);
  });

  it('a job can be submitted on hold', async () => {
    const { cluster } = await accept(submitOf(1, { JobStatus: '5' }));
    expect(jobsOf(cluster)[0]).toMatchObject({ state: 'Held', hold: { code: 15 } });
  });

  it("the cluster's number replaces $(Cluster) in the ad", async () => {
    const request = submitOf(1, { Out: '"out.$(ClusterId)"' });
    const { cluster } = await accept(request);
    expect(pool.core.ads.whole(jobsOf(cluster)[0]!).evaluate('Out')).toBe(`out.${cluster}`);
  });

  it.each([
    ['an expression of the cluster', { ...submitOf(1, { Rank: '1 +' }) }, 'InvalidExpression'],
    [
      'an expression of one proc',
      { ...submitOf(), procs: [{ attributes: { Rank: ')' }, inputs: [] }] },
      'InvalidExpression',
    ],
    [
      'a job that no message could carry',
      submitOf(
        1,
        Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`A${i}`, `"${'x'.repeat(1_000_000)}"`])),
      ),
      'TooLarge',
    ],
  ] as [string, SubmitRequest, string][])(
    'a submit with %s is refused, and queues nothing',
    async (_what, request, code) => {
      await expect(accept(request)).rejects.toMatchObject({ code });
      expect([...pool.core.queue.jobs()]).toEqual([]);
      // The key is free again.
      await accept({ ...submitOf(), key: request.key, cluster: jobTexts() });
    },
  );

  it('inputs of which one is the folder of another are refused with both names', async () => {
    const content = Buffer.from('data');
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    await pool.core.blobs.put(digest, Readable.from([content]));
    const inputs = ['a/b/c', 'a', 'other'].map((name) => ({ name, digest, size: 4, executable: false }));
    await expect(accept({ ...submitOf(), procs: [{ attributes: {}, inputs }] })).rejects.toThrow(
      'the input "a" lies where "a/b/c" needs a folder',
    );
  });

  it('of two inputs with one name the last counts, as with HTCondor', async () => {
    const inputs = await Promise.all(
      ['first', 'last'].map(async (text) => {
        const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
        await pool.core.blobs.put(digest, Readable.from([Buffer.from(text)]));
        return { name: 'a', digest, size: text.length, executable: false };
      }),
    );
    const { cluster } = await accept({ ...submitOf(), procs: [{ attributes: {}, inputs }] });
    expect(pool.core.queue.find({ cluster, proc: 0 })?.inputs).toEqual([inputs[1]]);
  });

  it('inputs that are not in the spool or have another size are refused', async () => {
    const content = Buffer.from('data');
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const withInput = (size: number) => ({
      ...submitOf(),
      procs: [{ attributes: {}, inputs: [{ name: 'in', digest, size, executable: false }] }],
    });
    await expect(accept(withInput(4))).rejects.toMatchObject({ code: 'NotFound' });
    await pool.core.blobs.put(digest, Readable.from([content]));
    await expect(accept(withInput(5))).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
    await accept(withInput(4));
  });

  it('only the owner and an admin may act on a job', async () => {
    const { cluster } = await accept(submitOf());
    const action = { action: 'remove' as const, jobs: [`${cluster}.0`], reason: 'mine now' };
    const bob = await pool
      .client('submitter', 'bob')
      .json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json: action });
    expect(bob).toMatchObject({ changed: 0, refused: [{ job: `${cluster}.0` }] });
    const root = await pool
      .client('admin', 'root')
      .json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json: action });
    expect(root.changed).toBe(1);
  });

  it('jobs whose inputs exceed their max_transfer_input_mb are held at once', async () => {
    const content = Buffer.alloc(2 ** 20 + 1);
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    await pool.core.blobs.put(digest, Readable.from([content]));
    const inputs = [{ name: 'in', digest, size: content.length, executable: false }];
    const limits = ['1', '2', '-1', 'ProcId - 2', 'undefined'];
    const procs = limits.map((MaxTransferInputMB) => ({ attributes: { MaxTransferInputMB }, inputs }));
    const { cluster } = await accept({ ...submitOf(), procs });
    expect(jobsOf(cluster).map(({ state }) => state)).toEqual(['Held', 'Idle', 'Idle', 'Held', 'Idle']);
    for (const [limit, state] of [
      ['1', 'Held'],
      ['2', 'Idle'],
      ['ProcId', 'Idle'],
    ] as const) {
      const series = { count: 1e9, attributes: {}, inputs };
      const answer = await accept({ ...submitOf(1, { MaxTransferInputMB: limit }), procs: series } as never);
      expect(pool.core.queue.fresh(answer.cluster)?.shared.state).toBe(state);
    }
    expect(jobsOf(cluster)[0]?.hold).toEqual({
      code: 32,
      reason: 'TransferInputSizeMB (2) is greater than MAX_TRANSFER_INPUT_MB (1) at submit time',
    });
    const alice = { subject: 'alice', role: 'submitter' as const };
    await act(
      pool.core,
      { action: 'release', jobs: [`${cluster}.0`], reason: 'r' },
      { identity: alice, by: alice },
    );
    expect(jobsOf(cluster)[0]?.state).toBe('Idle');
  });
});
