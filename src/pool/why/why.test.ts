import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { slotTexts, submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { demandAnswer } from '#wire/bid.ts';
import { jobActionAnswer, submitAnswer } from '#wire/jobs.ts';
import { whyAnswer } from '#wire/why.ts';

describe('why a job does not run', () => {
  let pool: TestPool;

  beforeEach(async () => {
    pool = await TestPool.start();
  });
  afterEach(async () => {
    await pool.destroy();
  });

  const client = () => pool.client('submitter', 'alice');
  const pilot = async (uid: string, slot: Record<string, string> = {}, hello: object = {}) =>
    ScriptedPilot.start({ url: pool.url, token: await pool.token('pilot', uid), uid, slot, hello });
  const whyOf = async (more: Record<string, string>) => {
    const { cluster } = await client().json('/v1/jobs', submitAnswer, {
      method: 'POST',
      json: submitOf(1, more),
    });
    return client().json(`/v1/jobs/${cluster}.0/why`, whyAnswer);
  };

  it('the answer says that no pilot is registered and no group feeds the pool', async () => {
    const answer = await whyOf({});
    expect(answer).toMatchObject({ state: 'Idle', slots: [], groups: [] });
    expect(answer.kind).toBe('noPilots');
    expect(answer.summary).toMatch(/^No pilot is registered and no group feeds this pool: /);
  });

  it('the answer counts slots by their mismatch, with the numbers', async () => {
    await pilot('a');
    await pilot('b', { Cpus: '2' });
    await pilot('c', { Memory: '100', Cpus: '100' });
    await pilot('d', { Cpus: '100' }, { draining: true });
    const { slots, summary } = await whyOf({ RequestCpus: '64', RequestMemory: '2000' });
    expect(slots).toEqual([
      {
        kind: 'cpus',
        count: 2,
        sentence: 'the job asks for 64 cores; the largest slot has 4 cores',
        examples: ['pilot-a', 'pilot-b'],
      },
      expect.objectContaining({
        kind: 'memory',
        count: 1,
        sentence: expect.stringContaining('2048 MiB of memory'),
      }),
      expect.objectContaining({ kind: 'draining', count: 1 }),
    ]);
    expect(summary).toMatch(
      /^The one pilot that could run it accepts no more jobs \(the pilot is draining\)/,
    );
  });

  it('the answer names the clause that fails, on either side', async () => {
    await pilot('a', { Start: 'true && TARGET.Experiment == "cms"' });
    const experiment = await whyOf({ Experiment: '"atlas"' });
    expect(experiment.slots[0]).toMatchObject({
      kind: 'slotRequirements',
      sentence: expect.stringMatching(
        /start expression of the slot needs TARGET.Experiment == "cms", which is not true/,
      ),
    });
    const cvmfs = await whyOf({ Experiment: '"cms"', Requirements: '(TARGET.HasCvmfs) && true' });
    expect(cvmfs.slots[0]).toMatchObject({
      kind: 'jobRequirements',
      sentence: expect.stringMatching(/Requirements of the job need TARGET.HasCvmfs, which reads something/),
    });
  });

  it('the answer distinguishes busy slots from small ones', async () => {
    const busy = await pilot('a');
    await whyOf({ RequestCpus: '3' });
    await busy.next('start');
    const { slots } = await whyOf({ RequestCpus: '2' });
    expect(slots[0]).toMatchObject({
      kind: 'busy',
      sentence: 'the job asks for 2 cores; other jobs leave at most 1 core free',
    });
    await whyOf({});
    await busy.next('start');
    expect((await whyOf({})).slots[0]).toMatchObject({
      sentence: 'the job asks for 1 core; other jobs leave no cores free',
    });
  });

  it('the answer tells which groups could run the job and what they want', async () => {
    const group = (name: string, more: Record<string, string>) => ({
      name,
      template: slotTexts(more),
      wanted: 3,
      decision: 'three more',
      limits: [],
      phases: {},
    });
    await pool.client('operator').json('/v1/bidders/here', demandAnswer, {
      method: 'POST',
      json: { groups: [group('small', {}), group('large', { Cpus: '64' })], pilots: [], waitSeconds: 0 },
    });
    const { groups, summary } = await whyOf({ RequestCpus: '8' });
    expect(groups).toMatchObject([
      { name: 'large', fits: true, site: 'here', wanted: 3, decision: 'three more' },
      { name: 'small', fits: false, sentence: 'the job asks for 8 cores, a fresh pilot has 4 cores' },
    ]);
    expect(summary).toMatch(/it waits for a pilot of the group large, whose last decision was: three more/);
  });

  const bidOf = (groups: readonly object[]) =>
    pool.client('operator').json('/v1/bidders/here', demandAnswer, {
      method: 'POST',
      json: { groups, pilots: [], waitSeconds: 0 },
    });
  const blockedGroup = (name: string, more: object = {}) => ({
    name,
    template: slotTexts({}),
    wanted: 1,
    decision: 'one more pilot',
    limits: [],
    phases: {},
    ...more,
  });

  it('the answer says which sites have been asked to start pilots for jobs like this one', async () => {
    const offering = { ...blockedGroup('g'), policy: 'p', headroom: 10, starting: 0 };
    const { cluster } = await client().json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(3) });
    await bidOf([offering]);
    const { details } = await client().json(`/v1/jobs/${cluster}.0/why`, whyAnswer);
    expect(details).toEqual([
      'It is one of 3 waiting jobs that are alike. Besides free slots, these have been told of such jobs: here/p of 3.',
    ]);
  });

  it('the answer stays small whatever jobs, pilots and sites say', async () => {
    const long = 'x'.repeat(100_000);
    for (const n of Array.from({ length: 40 }, (_, index) => index))
      await pilot(`u${n}`, { Start: `TARGET.X${n} == "${long}"`, [`Y${n}`]: `"${long}"` });
    const groups = Array.from({ length: 200 }, (_, index) =>
      blockedGroup(`g${index}`, { decision: 'd'.repeat(4096), blocked: 'b'.repeat(4096) }),
    );
    await bidOf(groups);
    const clauses = Array.from(
      { length: 300 },
      (_, index) => `TARGET.Y${index % 40} == "${'z'.repeat(300)}${index}"`,
    );
    const answer = await whyOf({ Requirements: clauses.join(' && ') });
    expect(answer.conditions).toHaveLength(40);
    expect(answer.groups).toHaveLength(50);
    expect(JSON.stringify(answer).length).toBeLessThan(120_000);
    expect(answer.summary.length).toBeLessThan(2000);
  });

  it('the answer never promises a fresh pilot that the site cannot start', async () => {
    const blocked = 'the group g cannot create pods: exceeded quota pods';
    await bidOf([blockedGroup('g', { blocked })]);
    const { groups, summary } = await whyOf({});
    expect(groups).toMatchObject([{ name: 'g', fits: true, blocked, heardSecondsAgo: 0 }]);
    expect(summary).toMatch(
      /the group g gets no pilots: the group g cannot create pods: exceeded quota pods/,
    );
    expect(summary).not.toContain('it waits for a pilot');
  });

  it.each([
    ['limits.maxPilots', 40, 'the group g is at its maximum of 40 pilots'],
    ['maxPilots', 1, 'the groups of the policy of g are at their maximum of 1 pilot'],
    ['suspend', 0, 'the group g is suspended'],
    ['breaker', 0, 'the group g gets no pilots: too many of them failed to start'],
    ['machine', 2, 'the machine of the group g has 2 cores, and pilots use them'],
  ])('the answer says that the limit %s prevents new pilots', async (name, value, blocked) => {
    await bidOf([blockedGroup('g', { limits: [{ name, value, count: 3 }] })]);
    expect(await whyOf({})).toMatchObject({
      groups: [{ blocked }],
      summary: expect.stringContaining(`No pilot is registered, and ${blocked}: `),
    });
  });

  it('the answer names the groups whose pilots can come, with one pilot in the singular', async () => {
    await bidOf([blockedGroup('shut', { blocked: 'its image is missing' }), blockedGroup('open')]);
    expect((await whyOf({})).summary).toContain('it waits for a pilot of the group open');
  });

  it('the answer tells where a job runs, why it is held, or how it ended', async () => {
    const subject = await pilot('a');
    const { job } = await whyOf({});
    const ask = () => client().json(`/v1/jobs/${job}/why`, whyAnswer);
    const start = await subject.next('start');
    expect((await ask()).summary).toMatch(/^It was given to pilot pilot-a of group test/);
    subject.started(start);
    await expect.poll(async () => (await ask()).summary).toMatch(/^It has been running on pilot pilot-a/);
    const act = (action: string) =>
      client().json('/v1/jobs/actions', jobActionAnswer, {
        method: 'POST',
        json: { action, jobs: [job], reason: 'wait' },
      });
    await act('hold');
    expect(await ask()).toMatchObject({
      state: 'Held',
      summary: expect.stringMatching(/code 1\): wait \(by alice\)/),
    });
    await act('remove');
    expect((await ask()).summary).toMatch(/^It was removed/);
  });
});
