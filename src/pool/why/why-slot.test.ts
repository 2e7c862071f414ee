import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { poolSpec } from '#spec/pool-spec.ts';
import { submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { submitAnswer } from '#wire/jobs.ts';
import { slotWhyAnswer, whyAnswer } from '#wire/why.ts';

describe('why a slot runs no more jobs', () => {
  let pool: TestPool;

  beforeEach(async () => {
    pool = await TestPool.start();
  });
  afterEach(() => pool.destroy());

  const alice = () => pool.client('submitter', 'alice');
  const pilot = async (slot: Record<string, string> = {}, hello: object = {}) =>
    ScriptedPilot.start({ url: pool.url, token: await pool.token('pilot', 'u1'), uid: 'u1', slot, hello });
  const submit = async (ad: Record<string, string> = {}, procs = 1): Promise<number> =>
    (await alice().json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(procs, ad) })).cluster;
  const whyOf = (slot = 'slot1@pilot-u1') =>
    alice().json(`/v1/slots/${encodeURIComponent(slot)}/why`, slotWhyAnswer);

  it('it is told that no job waits, by each name of the slot', async () => {
    await pilot();
    for (const name of ['slot1@pilot-u1', 'slot1_2@pilot-u1', 'pilot-u1', 'u1'])
      expect(await whyOf(name)).toMatchObject({
        slot: 'slot1@pilot-u1',
        kind: 'noJobs',
        summary: 'No job waits.',
        group: 'test',
      });
    await expect(whyOf('slot1@nobody')).rejects.toThrow('there is no slot slot1@nobody');
  });

  it('it is told what its node lacks, as its pilot has seen it', async () => {
    const lacks = [{ what: 'FUSE', evidence: 'opening /dev/fuse: ENOENT' }];
    await pilot({}, { lacks });
    expect((await whyOf()).lacks).toEqual(lacks);
  });

  it('it is told which validation of its node keeps jobs from it, and how that has failed', async () => {
    await pilot({
      Start: 'false',
      GLIDEIN_Validation_fs: 'false',
      GLIDEIN_Validation_fs_Reason: '"it ended with 7: no device"',
      GLIDEIN_Validation_net: 'true',
    });
    expect(await whyOf()).toMatchObject({
      kind: 'validation',
      summary:
        'Its pilot accepts no jobs while a validation of its node fails (fs: it ended with 7: no device).',
    });
  });

  it('it is told which jobs use all of it', async () => {
    const one = await pilot({ Cpus: '2' });
    const cluster = await submit({}, 3);
    await one.next('start', ({ job }) => job === `${cluster}.1`);
    expect(await whyOf()).toMatchObject({
      kind: 'busy',
      summary: `2 jobs use all of it (${cluster}.0 and ${cluster}.1).`,
      jobs: [`${cluster}.0`, `${cluster}.1`],
      free: { cpus: 0 },
    });
  });

  it('it is told that none of the waiting jobs fits, with the most frequent reason first', async () => {
    await pilot();
    const cluster = await submit({ RequestCpus: '8' }, 3);
    await submit({ Requirements: 'TARGET.OpSys == "WINDOWS"' });
    const answer = await whyOf();
    expect(answer).toMatchObject({
      kind: 'noneFits',
      summary:
        '4 jobs wait, but none fits it, for 3 of them because the job asks for 8 cores, the slot has 4 cores.',
    });
    expect(answer.reasons).toMatchObject([
      { jobs: 3, examples: [`${cluster}.0`] },
      { jobs: 1, sentence: expect.stringContaining('TARGET.OpSys == "WINDOWS"') },
    ]);
  });

  it.each([
    ['draining', { draining: true }, /^Its pilot accepts no more jobs \(the pilot is draining\) and leaves/],
    ['retiring', { retireIn: 0 }, /^Its pilot is near the end of its life: it accepts no more jobs/],
  ])('it is told that the slot is %s', async (kind, hello, summary) => {
    await pilot({}, hello);
    await submit();
    expect(await whyOf()).toMatchObject({ kind, summary: expect.stringMatching(summary) });
  });

  it('it is told that the slot is kept free for jobs that small ones would overtake, and those jobs are told too', async () => {
    const one = await pilot({ Cpus: '4' });
    const small = await submit({ RequestCpus: '1' });
    await one.next('start');
    const wide = await submit({ RequestCpus: '4' });
    const [waiting] = [...pool.core.autoclusters.all()].filter(({ cores }) => cores === 4);
    const slot = pool.core.collector.get('u1');
    if (slot === undefined || waiting === undefined) throw new Error('nothing waits');
    slot.reservedFor = waiting.id;
    expect(await whyOf()).toMatchObject({
      kind: 'reserved',
      summary: expect.stringContaining(`is kept for jobs like ${wide}.0 of alice`),
      jobs: [`${small}.0`],
    });
    const other = await submit({ RequestCpus: '2' });
    const ofJob = (job: string) => alice().json(`/v1/jobs/${job}/why`, whyAnswer);
    expect(await ofJob(`${other}.0`)).toMatchObject({
      kind: 'reserved',
      summary: expect.stringMatching(
        /^The one slot that could run it is kept free for large jobs that small ones would overtake/,
      ),
      slots: [{ kind: 'reserved', count: 1 }],
    });
    expect(await ofJob(`${wide}.0`)).toMatchObject({
      kind: 'busy',
      details: [expect.stringMatching(/^What becomes free on pilot-u1 is kept for jobs like it/)],
    });
  });

  it('it is told that its pilot has no connection', async () => {
    const one = await pilot();
    one.cut();
    await expect.poll(async () => (await whyOf()).kind).toBe('away');
    expect((await whyOf()).summary).toMatch(/^Its pilot has had no connection to the pool for .*s: it gets/);
  });

  it('it is told that a concurrency limit keeps jobs that fit from it', async () => {
    await pilot();
    pool.core.limits.set([{ name: 'licence', limit: 0 }]);
    const cluster = await submit({ ConcurrencyLimits: '"licence"' });
    expect(await whyOf()).toMatchObject({
      kind: 'limits',
      summary: '1 job waits, and those that fit it may not run: the concurrency limit licence is used up.',
      reasons: [{ examples: [`${cluster}.0`] }],
    });
  });

  it('it is told whose quota is used up, by the name that people write', async () => {
    await pilot();
    const groups = [{ name: 'atlas', cores: 0, surplus: false }];
    pool.core.applySpec(poolSpec.parse({ accounting: { groups } }));
    const json = submitOf(1, { AcctGroup: '"atlas"' });
    const ada = pool.client('submitter', 'ada@cern.ch');
    await ada.json('/v1/jobs', submitAnswer, { method: 'POST', json });
    expect(await whyOf()).toMatchObject({
      kind: 'limits',
      summary: expect.stringContaining('the quota of the accounting group of atlas.ada@cern.ch is used up'),
    });
  });
});
