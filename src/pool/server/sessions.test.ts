import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '#base/clock.ts';
import { SessionLink } from '#client/session-link.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import type { Hello } from '#wire/pilot-messages.ts';
import type { Start } from '#wire/pool-messages.ts';
import {
  mostSessionBytes,
  type SessionAnswer,
  type SessionToPilot,
  sessionWindow,
} from '#wire/session-messages.ts';
import { PaceOfSessions } from './pace-of-sessions.ts';

let pool: TestPool;
let pilot: ScriptedPilot;
let count = 0;
const links: SessionLink[] = [];

beforeAll(async () => {
  pool = await TestPool.start();
});
afterEach(() => {
  for (const link of links.splice(0)) link.close();
  pilot?.cut();
});
afterAll(() => pool.destroy());

/** A job of alice, on a pilot of its own unless it is to wait. */
async function submit(hello: Partial<Hello> | undefined): Promise<{ job: string; start?: Start }> {
  count += 1;
  const uid = `p${count}`;
  const ad = {
    Cmd: '"/bin/sh"',
    Requirements: hello === undefined ? 'false' : `TARGET.For == "${uid}"`,
    RequestCpus: '1',
    RequestMemory: '1',
    RequestDisk: '1',
  };
  await pool.client('submitter', 'alice').raw('/v1/jobs', {
    method: 'POST',
    json: { key: `session-in-${uid}`, cluster: ad, procs: [{ attributes: {}, inputs: [] }] },
  });
  const job = `${count}.0`;
  if (hello === undefined) return { job };
  const token = await pool.token('pilot', uid);
  pilot = await ScriptedPilot.start({ url: pool.url, token, uid, slot: { For: `"${uid}"` }, hello });
  const start = await pilot.next('start');
  pilot.started(start);
  return { job, start };
}

interface Opened {
  readonly link: SessionLink;
  readonly out: Buffer[];
  /** Passes on what has come: before, no more may come. */
  readonly take: () => void;
}

async function open(job: string, by = 'alice', role: 'submitter' | 'admin' = 'submitter'): Promise<Opened> {
  const out: Buffer[] = [];
  const waiting: (() => void)[] = [];
  const link = await SessionLink.open({
    address: { url: pool.url, token: () => pool.token(role, by) },
    job,
    open: { command: 'secret' },
    clock: systemClock,
    output: (_stream, data, taken) => {
      out.push(data);
      waiting.push(taken);
    },
    opened: () => {},
    drained: () => {},
  });
  link.ended.catch(() => undefined);
  links.push(link);
  const take = () => {
    for (const taken of waiting.splice(0)) taken();
  };
  return { link, out, take };
}

/** A client that says what it likes, and what it has heard last. */
async function bare(job: string): Promise<{ say: (what: object) => void; last: () => unknown }> {
  const headers = { authorization: `Bearer ${await pool.token('submitter', 'alice')}` };
  const socket = new WebSocket(`${pool.url.replace('http', 'ws')}/v1/jobs/${job}/session`, { headers });
  let last: unknown;
  socket.on('message', (data) => {
    last = JSON.parse((data as Buffer).toString());
  });
  await once(socket, 'open');
  return { say: (what) => socket.send(JSON.stringify(what)), last: () => last };
}

const failure = async (opened: Promise<Opened>) =>
  await (await opened).link.ended.then(
    () => 'none',
    (error: unknown) => error,
  );

/** What the pilot has heard of sessions. */
const heard = () => pilot.heard.filter((message): message is SessionToPilot => message.type === 'session');

async function session(): Promise<string> {
  await expect.poll(() => heard().length).toBeGreaterThan(0);
  return heard()[0]?.session ?? '';
}

const allowed = { sessions: 'Allowed' } as const;

describe('a session in a job', () => {
  it.each([
    ["is somebody else's", allowed, 'bob', 'Forbidden', /belongs to alice, not to bob/],
    ['waits', undefined, 'alice', 'Conflict', /job \d+\.0 is waiting/],
    ['runs on a pilot of an older version', {}, 'alice', 'Unsupported', /older than sessions/],
    ['is in a group that refuses it', { sessions: 'Refused' }, 'alice', 'Forbidden', /lets nobody/],
  ] as const)('is refused, with the reason, if the job %s', async (_what, hello, by, code, message) => {
    const { job } = await submit(hello);
    expect(await failure(open(job, by))).toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('is refused to a pilot, to whoever has no token, and if there is no such job', async () => {
    const { job } = await submit(allowed);
    expect(await failure(open('999.0'))).toMatchObject({ code: 'NotFound' });
    const address = { url: pool.url, token: () => pool.token('pilot', 'p') };
    const parts = { job, open: {}, clock: systemClock, output() {}, opened() {}, drained() {} };
    await expect((await SessionLink.open({ address, ...parts })).ended).rejects.toMatchObject({
      code: 'Forbidden',
    });
    const stranger = { url: pool.url, token: () => 'none' };
    await expect((await SessionLink.open({ address: stranger, ...parts })).ended).rejects.toMatchObject({
      code: 'Unauthenticated',
    });
    await expect
      .poll(
        async () => {
          const { rows } = await pool.core.store.auditPage({
            order: 'down',
            from: 1e9,
            limit: 2,
            what: 'ssh',
          });
          return rows.map(({ record }) => JSON.parse(record) as object);
        },
        { timeout: 10_000 },
      )
      .toMatchObject([{ denied: true }, { subject: 'p', denied: true }]);
  });

  it('joins its client and the pilot, and is logged with whoever asked for it, but not with what is run', async () => {
    const { job, start } = await submit(allowed);
    const { link, out, take } = await open(job, 'root', 'admin');
    const id = await session();
    expect(heard()[0]).toMatchObject({ claim: start?.claim, say: { type: 'open', command: 'secret' } });
    const say = (what: SessionAnswer) => pilot.say({ type: 'session', session: id, say: what });
    say({ type: 'opened' });
    link.write(Buffer.from('typed'));
    link.noMoreInput();
    link.resize(20, 40);
    await expect.poll(() => heard().map(({ say: { type } }) => type)).toContain('noInput');
    expect(heard()).toContainEqual(
      expect.objectContaining({ say: { type: 'input', data: Buffer.from('typed').toString('base64') } }),
    );
    say({ type: 'output', stream: 'stdout', data: Buffer.from('\0answer').toString('base64') });
    say({ type: 'ended', code: 7 });
    expect(await link.ended).toBe(7);
    take();
    expect(Buffer.concat(out).toString()).toBe('\0answer');
    const log = pool.log.filter((entry) => entry.includes(`"${job}"`)).join('');
    expect(log).toMatch(/"owner":"alice","by":"root","pilot":"p\d+".*session in a job opened/);
    expect(log).toMatch(/"by":"root","seconds":\d+.*session in a job ended/);
    expect(log).not.toContain('secret');
    const { rows } = await pool.core.store.auditPage({ order: 'down', from: 1e9, limit: 1, what: 'ssh' });
    expect(JSON.parse(rows[0]?.record ?? '{}')).toMatchObject({
      subject: 'root',
      jobs: [job],
      owners: { alice: 1 },
    });
    expect(rows[0]?.record).not.toContain('secret');
  });

  it('brings no more than its client takes', async () => {
    const { job } = await submit(allowed);
    const { out, take, link } = await open(job);
    const id = await session();
    const piece = Buffer.alloc(mostSessionBytes).toString('base64');
    const flood = (times: number) => {
      for (let sent = 0; sent < times; sent += 1)
        pilot.say({ type: 'session', session: id, say: { type: 'output', stream: 'stdout', data: piece } });
    };
    flood(sessionWindow / mostSessionBytes);
    await expect.poll(() => out.length).toBe(sessionWindow / mostSessionBytes);
    expect(heard().map(({ say }) => say.type)).toEqual(['open']);
    take();
    await expect.poll(() => heard().filter(({ say }) => say.type === 'credit').length).toBeGreaterThan(1);
    const granted = heard().reduce((sum, { say }) => sum + (say.type === 'credit' ? say.bytes : 0), 0);
    expect(granted).toBe(sessionWindow);
    flood(sessionWindow / mostSessionBytes + 1);
    await expect(link.ended).rejects.toMatchObject({ code: 'InvalidMessage' });
    await expect.poll(() => heard().at(-1)?.say.type).toBe('close');
    // What the pilot says of its claims still counts.
    pilot.say({ type: 'renew', sequence: 5 });
    expect(await pilot.next('renewed')).toMatchObject({ sequence: 5 });
  });

  it('is over if its client gives credit for what has never come, which would slow all others down', async () => {
    const { job } = await submit(allowed);
    const { say, last } = await bare(job);
    say({ type: 'open' });
    await session();
    say({ type: 'credit', bytes: 1 });
    await expect.poll(last).toMatchObject({ type: 'ended', problem: { code: 'InvalidMessage' } });
    await expect.poll(() => heard().map((message) => message.say.type)).toEqual(['open', 'close']);
  });

  it('is refused if there are too many when it begins, however many clients were let in before', async () => {
    const { job } = await submit(allowed);
    const clients = await Promise.all(Array.from({ length: 17 }, () => bare(job)));
    for (const { say } of clients) say({ type: 'open' });
    const refused = () => clients.flatMap(({ last }) => last() ?? []);
    await expect
      .poll(refused)
      .toEqual([{ type: 'ended', problem: expect.objectContaining({ code: 'Unavailable' }) }]);
    expect(heard()).toHaveLength(16);
  });

  it('is refused if the pilot has gone since its client was let in', async () => {
    const { job } = await submit(allowed);
    const { say, last } = await bare(job);
    pilot.cut();
    await expect.poll(async () => ((await failure(open(job))) as { code?: string }).code).toBe('Unavailable');
    say({ type: 'open' });
    await expect.poll(last).toMatchObject({ problem: { code: 'Unavailable' } });
  });

  it('ends for its client with the connection of the pilot, and for the pilot with its client', async () => {
    const { job } = await submit(allowed);
    const one = await open(job);
    await session();
    one.link.close();
    await expect.poll(() => heard().at(-1)?.say.type).toBe('close');
    const other = await open(job);
    await expect.poll(() => heard().filter(({ say }) => say.type === 'open').length).toBe(2);
    pilot.cut();
    await expect(other.link.ended).rejects.toMatchObject({ code: 'Unavailable' });
  });
});

it('credit for sessions is handed on at the pace of a pilot, and of the pool for many', () => {
  const clock = new ManualClock();
  clock.advance(10_000);
  const pace = new PaceOfSessions(clock);
  const megabyte = 2 ** 20;
  expect([1, 2, 3, 4].map(() => pace.delay('p', megabyte))).toEqual([0, 0, 500, 1000]);
  // Others do not wait for it, until all have used up what the pool lets through.
  expect(pace.delay('q', megabyte)).toBe(0);
  for (let other = 0; other < 8; other += 1) pace.delay(`r${other}`, megabyte);
  expect(pace.delay('s', megabyte)).toBe(750);
});
