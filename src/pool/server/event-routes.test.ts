import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { eventually } from '#testing/eventually.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { eventsAnswer } from '#wire/events.ts';
import { jobActionAnswer, submitAnswer } from '#wire/jobs.ts';
import type { Role } from '#wire/role.ts';

describe('what owners hear of their jobs', () => {
  let pool: TestPool;
  beforeEach(async () => {
    pool = await TestPool.start();
  });
  afterEach(() => pool.destroy());

  const withLog = { UserLog: '"/home/alice/job.log"' };
  const submit = async (owner = 'alice', ad: Readonly<Record<string, string>> = withLog, procs = 1) => {
    const json = submitOf(procs, ad);
    const answer = await pool
      .client('submitter', owner)
      .json('/v1/jobs', submitAnswer, { method: 'POST', json });
    return answer.cluster;
  };
  const act = (action: string, ...jobs: string[]) =>
    pool.client('submitter', 'alice').json('/v1/jobs/actions', jobActionAnswer, {
      method: 'POST',
      json: { action, jobs, reason: 'why not' },
    });
  const events = (
    query: Readonly<Record<string, string | number>> = {},
    role: Role = 'submitter',
    subject = 'alice',
  ) => pool.client(role, subject).json('/v1/events', eventsAnswer, { query });
  const kinds = async (query?: Readonly<Record<string, string | number>>) =>
    (await events(query)).events.map(({ job, what }) => `${job} ${what.kind}`);
  const pilot = async (uid = 'p1') =>
    ScriptedPilot.start({ url: pool.url, token: await pool.token('pilot', uid), uid });

  it('events tell the life of a job in order, and the same after a restart', async () => {
    const cluster = await submit();
    const worker = await pilot();
    const start = await worker.next('start');
    worker.started(start);
    await eventually(async () => expect(await kinds()).toContain(`${cluster}.0 started`));
    await act('hold', `${cluster}.0`);
    await act('release', `${cluster}.0`);
    worker.finished(start, { kind: 'stopped', reason: 'asked' });
    const again = await worker.next('start', ({ claim }) => claim.id !== start.claim.id);
    await worker.run(again, { kind: 'exited', exitCode: 7 });
    const told = await events();
    expect(told.events.map(({ what }) => what.kind)).toEqual([
      'submitted',
      'started',
      'held',
      'released',
      'started',
      'ended',
    ]);
    expect(told.events.at(-1)?.what).toMatchObject({ exit: { exitCode: 7 }, next: 'Completed' });
    expect(told.events.find(({ what }) => what.kind === 'held')?.what).toMatchObject({
      ran: true,
      hold: { code: 1, reason: expect.stringContaining('why not') },
    });
    worker.cut();
    await pool.stop();
    pool = await TestPool.start({ directory: pool.directory });
    expect((await events()).events).toEqual(told.events);
    expect((await events({ after: told.through })).events).toEqual([]);
  });

  it.each(['hold', 'remove'])('a start that the pilot reports after a %s causes no event', async (action) => {
    const cluster = await submit();
    const worker = await pilot();
    const start = await worker.next('start');
    await act(action, `${cluster}.0`);
    worker.started(start);
    worker.finished(start, { kind: 'stopped', reason: 'asked' });
    await worker.recorded(start.claim);
    const last = action === 'hold' ? 'held' : 'removed';
    expect(await kinds()).toEqual([`${cluster} submitted`, `${cluster}.0 ${last}`]);
    worker.cut();
  });

  it('an owner gets only events of its own jobs, an admin those of any owner', async () => {
    const [mine, other] = [await submit('alice'), await submit('bob')];
    expect(await kinds()).toEqual([`${mine} submitted`]);
    expect(await kinds({ owner: 'bob', cluster: other })).toEqual([]);
    const admin = await events({ owner: 'bob' }, 'admin', 'root');
    expect(admin.events.map(({ job }) => job)).toEqual([`${other}`]);
    await expect(events({}, 'pilot', 'p')).rejects.toMatchObject({ code: 'Forbidden' });
  });

  it('a job without a log has events only for its ends', async () => {
    const cluster = await submit('alice', {});
    const worker = await pilot();
    await worker.run(await worker.next('start'));
    expect(await kinds()).toEqual([`${cluster}.0 ended`]);
    worker.cut();
  });

  it('a request for events waits until one happens in its clusters', async () => {
    const cluster = await submit();
    const { through } = await events();
    const waiting = events({ after: through, cluster, wait: 30 });
    await submit('alice');
    await act('remove', `${cluster}.0`);
    expect((await waiting).events.map(({ job, what }) => `${job} ${what.kind}`)).toEqual([
      `${cluster}.0 removed`,
    ]);
  });

  it('many events come page by page, each once', async () => {
    const clusters: number[] = [];
    for (let each = 0; each < 3; each += 1) clusters.push(await submit('alice', withLog, 1500));
    const procs = Array.from({ length: 1500 }, (_, proc) => proc);
    for (const cluster of clusters) await act('remove', ...procs.map((proc) => `${cluster}.${proc}`));
    const seen = new Set<string>();
    for (let after = 0, isAll = false; !isAll; ) {
      const page = await events({ after });
      for (const { job } of page.events) {
        expect(seen.has(job)).toBe(false);
        seen.add(job);
      }
      ({ through: after, isAll } = page);
    }
    expect(seen.size).toBe(3 * 1500 + 3);
  });

  it('what happens to a whole cluster is one event that names its procs', async () => {
    const cluster = await submit('alice', withLog, 10);
    await act('remove', `${cluster}.3`);
    await act('hold', String(cluster));
    const told = (await events()).events.map(({ job, what }) => [
      job,
      what.kind,
      'procs' in what && what.procs,
    ]);
    expect(told).toEqual([
      [`${cluster}`, 'submitted', 10],
      [`${cluster}.3`, 'removed', false],
      [
        `${cluster}`,
        'held',
        [
          [0, 2],
          [4, 9],
        ],
      ],
    ]);
  });

  it('events are removed with the last job of their cluster', async () => {
    await pool.stop();
    const retention = { historyAge: 1, historyJobs: 1000, keyAge: 1, fileAge: 3_600_000 };
    pool = await TestPool.start({ directory: pool.directory, settings: { retention } });
    const [gone, stays] = [await submit(), await submit()];
    // Neither is in the snapshot yet: what is told of them stays for as long.
    await pool.core.retention?.sweep();
    expect(await kinds()).toEqual([`${gone} submitted`, `${stays} submitted`]);
    await act('remove', `${gone}.0`);
    await pool.core.ledger.foldNow();
    await eventually(async () => {
      await pool.core.retention?.sweep();
      expect(await kinds()).toEqual([`${stays} submitted`]);
    });
  });

  /** Reads a stream of events until it holds `until`. */
  async function stream(until: string, lastId?: string): Promise<string> {
    const stop = new AbortController();
    const answer = await fetch(`${pool.url}/v1/events`, {
      headers: {
        authorization: `Bearer ${await pool.token('submitter', 'alice')}`,
        accept: 'text/event-stream',
        ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
      },
      signal: stop.signal,
    });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    let text = '';
    for await (const chunk of answer.body ?? []) {
      text += new TextDecoder().decode(chunk);
      if (text.includes(until)) break;
    }
    stop.abort();
    return text;
  }

  it('a stream tells events as they happen, and goes on where its reader was cut off', async () => {
    await submit();
    const first = await stream('"submitted"');
    const id = /^id: (\S+)\ndata: \{.*"submitted"/m.exec(first)?.[1] ?? '';
    expect(id).toMatch(new RegExp(`^${pool.core.generation}:[0-9]+$`));
    const rest = stream('"job":"2"', id);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await submit();
    expect(await rest).not.toContain('"job":"1"');
    // The numbers of another generation mean nothing.
    expect(await stream('"job":"2"', `other${id}`)).toContain('"job":"1"');
  });

  it('a stream ends with the server, and its readers come back', async () => {
    await submit();
    const answer = await fetch(`${pool.url}/v1/events`, {
      headers: {
        authorization: `Bearer ${await pool.token('submitter', 'alice')}`,
        accept: 'text/event-stream',
      },
    });
    const whole = answer.text();
    await pool.stop();
    expect(await whole).toContain('"submitted"');
    pool = await TestPool.start({ directory: pool.directory });
  });
});
