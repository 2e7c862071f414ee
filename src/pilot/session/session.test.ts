import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { mostSessionBytes, type SessionAnswer, sessionWindow } from '#wire/session-messages.ts';
import { type Running, Session, sessionIdle } from './session.ts';

let clock: ManualClock;
let said: SessionAnswer[];
/** Calls these when the messages have left the socket. */
let leaving: (() => void)[];
let isUp: boolean;
let done: string[];
let taken: (() => void)[];
let dead: PromiseWithResolvers<void>;
let session: Session;

const running: Running = {
  pid: 7,
  write: (data, then) => {
    done.push(`input ${data.length}`);
    taken.push(then);
  },
  noMoreInput: () => done.push('no input'),
  resize: (rows, columns, then) => {
    done.push(`size ${rows} ${columns}`);
    taken.push(then);
  },
  pause: () => done.push('pause'),
  resume: () => done.push('resume'),
  end: () => {
    done.push('end');
    return dead.promise;
  },
};

beforeEach(() => {
  clock = new ManualClock();
  [said, leaving, done, taken, isUp] = [[], [], [], [], true];
  dead = Promise.withResolvers();
  session = new Session({
    send: (say, sent) => {
      if (isUp) said.push(say);
      if (sent !== undefined) leaving.push(sent);
      return isUp;
    },
    clock,
    gone: () => done.push('gone'),
  });
});

const begin = () => {
  session.runs(running);
  said.length = 0;
};

/** The socket takes all that is sent. */
const flow = () => {
  for (let next = leaving.shift(); next !== undefined; next = leaving.shift()) next();
};

const sentBytes = () =>
  said.reduce((sum, say) => sum + (say.type === 'output' ? Buffer.from(say.data, 'base64').length : 0), 0);

describe('the output of a session', () => {
  it('is one piece at a time in the socket, so that messages about claims come after one', () => {
    begin();
    session.output('stdout', Buffer.alloc(10 * mostSessionBytes));
    expect(said).toHaveLength(1);
    expect(sentBytes()).toBe(mostSessionBytes);
    leaving.shift()?.();
    expect(said).toHaveLength(2);
  });

  it('stops without credit, and then its command is not read; with credit both go on', () => {
    begin();
    session.output('stdout', Buffer.alloc(sessionWindow));
    flow();
    expect(sentBytes()).toBe(sessionWindow);
    done.length = 0;
    session.output('stderr', Buffer.alloc(3 * mostSessionBytes));
    flow();
    expect(sentBytes()).toBe(sessionWindow);
    expect(done).toEqual(['pause']);
    session.credit(3 * mostSessionBytes);
    flow();
    expect(sentBytes()).toBe(sessionWindow + 3 * mostSessionBytes);
    expect(done).toEqual(['pause', 'resume']);
  });

  it('comes before the end, and the end after the last process', async () => {
    begin();
    session.output('stdout', Buffer.from('last'));
    session.ended({ code: 3 });
    expect(said).toEqual([
      { type: 'output', stream: 'stdout', data: Buffer.from('last').toString('base64') },
    ]);
    flow();
    expect(done).toEqual(['end']);
    expect(said).toHaveLength(1);
    dead.resolve();
    await expect.poll(() => done).toEqual(['end', 'gone']);
    expect(said.at(-1)).toEqual({ type: 'ended', code: 3 });
  });

  it('ends the session when there is no connection any more', () => {
    begin();
    isUp = false;
    session.output('stdout', Buffer.from('lost'));
    expect(done).toEqual(['end']);
  });
});

describe('the input of a session', () => {
  it('earns credit once it is taken, half a window at a time', () => {
    begin();
    const half = sessionWindow / 2;
    session.input(Buffer.alloc(half - 1));
    taken.shift()?.();
    expect(said).toEqual([]);
    session.input(Buffer.alloc(1));
    taken.shift()?.();
    expect(said).toEqual([{ type: 'credit', bytes: half }]);
    session.noMoreInput();
    session.resize(20, 40);
    expect(done.slice(-2)).toEqual(['no input', 'size 20 40']);
  });

  it('that is nothing is not passed on, and of many sizes only the last one that waits: a command may read none of them', () => {
    begin();
    for (let at = 1; at <= 1000; at += 1) {
      session.resize(at, 80);
      session.input(Buffer.alloc(0));
      session.noMoreInput();
    }
    taken.shift()?.();
    expect(done).toEqual(['size 1 80', 'no input', 'size 1000 80']);
  });

  it('ends the session when it comes without credit', async () => {
    begin();
    session.input(Buffer.alloc(sessionWindow));
    session.input(Buffer.alloc(1));
    dead.resolve();
    await expect.poll(() => done.at(-1)).toBe('gone');
    expect(said.at(-1)).toMatchObject({ problem: { code: 'InvalidMessage' } });
  });
});

describe('a session', () => {
  it('ends when nothing has come or gone for half an hour, and not before', async () => {
    begin();
    clock.advance(sessionIdle - 1);
    session.input(Buffer.from('x'));
    clock.advance(sessionIdle - 1);
    expect(done).toEqual(['input 1']);
    clock.advance(1);
    dead.resolve();
    await expect.poll(() => done.at(-1)).toBe('gone');
    expect(said.at(-1)).toMatchObject({ problem: { code: 'Timeout' } });
  });

  it('that was closed before it had processes ends them as soon as it has', async () => {
    session.close();
    session.runs(running);
    expect(done).toEqual(['end']);
    dead.resolve();
    await expect.poll(() => done.at(-1)).toBe('gone');
    expect(said).toEqual([]);
  });

  it('ends with its job, and says that it is the job that has ended', async () => {
    begin();
    session.ended({ problem: 'the job has ended', isJobs: true });
    dead.resolve();
    await expect.poll(() => said.at(-1)).toMatchObject({ problem: { code: 'Conflict' } });
  });
});
