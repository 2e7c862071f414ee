import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PoolClient } from '#client/pool-client.ts';
import { mintToken } from '#pool/auth/tokens.ts';
import { submitOf } from '#testing/ads.ts';
import { PoolCommand } from '#testing/pool-command.ts';
import { randomOf } from '#testing/random-of.ts';
import { WorkingPilot } from '#testing/working-pilot.ts';
import { type JobView, jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import type { Role } from '#wire/role.ts';

const chaosMilliseconds = 12_000;
const leastKills = 6;
const pilotCount = 8;
const submitterCount = 4;

/** A seed in the environment repeats a run, as far as the machine's timing allows. */
const seed = Number(process.env.GLIDEIN_TEST_SEED ?? Date.now() % 2 ** 31);

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe(`a pool that is killed again and again under load (seed ${seed})`, () => {
  const random = randomOf(seed);
  let directory: string;
  let pool: PoolCommand;
  let key: Uint8Array;
  let client: PoolClient;
  let kills = 0;
  let submitting = true;
  const pilots: WorkingPilot[] = [];
  const running: Promise<void>[] = [];
  const acknowledged: { readonly cluster: number; readonly procs: number }[] = [];
  let jobs: Map<string, JobView>;

  const tokenOf = (role: Role, subject: string) => mintToken(key, { subject, role }, 3600);

  async function submitForEver(owner: string): Promise<void> {
    const submitter = new PoolClient({ url: pool.url, token: () => tokenOf('submitter', owner) });
    while (submitting) {
      const json = submitOf(1 + Math.floor(random() * 3));
      // Like a careful client, this repeats the request with the same key until it gets an answer.
      for (;;) {
        try {
          acknowledged.push(await submitter.json('/v1/jobs', submitAnswer, { method: 'POST', json }));
          break;
        } catch {
          await pause(20);
        }
      }
      await pause(random() * 20);
    }
    await submitter.close();
  }

  async function killAgainAndAgain(): Promise<void> {
    const { port } = pool;
    const end = performance.now() + chaosMilliseconds;
    // A busy machine starts pools slowly, but there must be some kills.
    for (; performance.now() < end || kills < leastKills; kills += 1) {
      await pause(random() * 1000);
      await pool.end('SIGKILL');
      pool = await PoolCommand.start({ directory, port, arguments: ['--log-level', 'error'] });
    }
  }

  async function allJobs(): Promise<Map<string, JobView>> {
    const query = { limit: 100_000 };
    const living = await client.json('/v1/jobs', jobsAnswer, { query });
    const ended = await client.json('/v1/history', jobsAnswer, { query });
    for (const answer of [living, ended]) {
      expect(new Set(answer.jobs.map(({ id }) => id)).size).toBe(answer.jobs.length);
    }
    // A job that ended between the two answers is in both; the later one counts.
    return new Map([...living.jobs, ...ended.jobs].map((view) => [view.id, view]));
  }

  const namesOf = ({ cluster, procs }: { cluster: number; procs: number }) =>
    Array.from({ length: procs }, (_, proc) => `${cluster}.${proc}`);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'glidein-restart-'));
    pool = await PoolCommand.start({ directory });
    key = await readFile(join(directory, 'pool.key'));
    client = new PoolClient({ url: pool.url, token: () => tokenOf('admin', 'root') });
    for (let index = 0; index < pilotCount; index += 1) {
      const uid = `pilot-${index}`;
      const pilot = new WorkingPilot({
        address: async () => ({ url: pool.url, token: await tokenOf('pilot', uid) }),
        uid,
        random,
        workMilliseconds: 100,
        forgets: 0.1,
      });
      pilots.push(pilot);
      running.push(pilot.run());
    }
    const submitters = Array.from({ length: submitterCount }, (_, index) => submitForEver(`user${index}`));
    await killAgainAndAgain();
    submitting = false;
    await Promise.all(submitters);
    const expected = acknowledged.reduce((sum, { procs }) => sum + procs, 0);
    for (const end = performance.now() + 30_000; performance.now() < end; ) {
      jobs = await allJobs();
      if ([...jobs.values()].filter(({ ad }) => ad.JobStatus === '4').length >= expected) break;
      await pause(200);
    }
  }, 90_000);

  afterAll(async () => {
    for (const pilot of pilots) pilot.stop();
    await Promise.all(running);
    await client.close();
    await pool.end('SIGTERM');
    await rm(directory, { recursive: true, force: true });
  });

  it('was really killed, and really did work', () => {
    expect(kills).toBeGreaterThanOrEqual(leastKills);
    expect(acknowledged.length).toBeGreaterThan(50);
  });

  it('loses no acknowledged job and runs each to its end', () => {
    const unfinished = acknowledged.flatMap(namesOf).filter((name) => jobs.get(name)?.ad.JobStatus !== '4');
    expect(unfinished).toEqual([]);
  });

  it('gives each submission one cluster, and has no job that was not acknowledged', () => {
    expect(new Set(acknowledged.map(({ cluster }) => cluster)).size).toBe(acknowledged.length);
    expect(new Set(jobs.keys())).toEqual(new Set(acknowledged.flatMap(namesOf)));
  });

  it('completes no job twice', () => {
    for (const [name, { ad, attempts }] of jobs) {
      const counted = attempts.filter(
        ({ outcome, reason }) => outcome?.kind === 'exited' && reason === undefined,
      );
      expect([name, counted.length]).toEqual([name, 1]);
      expect(attempts.at(-1)).toEqual(counted[0]);
      expect(ad.ExitCode).toBe('0');
    }
  });

  it('fences every start: it is durable before it is sent, a claim has one pilot, and epochs only grow', () => {
    const holders = new Map<string, string>();
    for (const { uid, diary } of pilots) {
      for (const [id, { job, claim }] of diary.started) {
        expect(id).toBe(`${job}.${claim.epoch}`);
        expect([id, holders.get(id) ?? uid]).toEqual([id, uid]);
        holders.set(id, uid);
        const attempt = jobs.get(job)?.attempts.find(({ epoch }) => epoch === claim.epoch);
        expect([id, attempt?.pilotUid]).toEqual([id, uid]);
      }
    }
    for (const { attempts } of jobs.values()) {
      expect(attempts.map(({ epoch }) => epoch)).toEqual(attempts.map((_, index) => index + 1));
    }
  });

  it('has every result that it told a pilot was recorded', () => {
    for (const { diary } of pilots) {
      for (const id of diary.recorded) {
        const [cluster, proc, epoch] = id.split('.');
        const attempt = jobs.get(`${cluster}.${proc}`)?.attempts.find((one) => String(one.epoch) === epoch);
        expect([id, attempt?.outcome?.kind]).toEqual([id, 'exited']);
      }
    }
  });
});
