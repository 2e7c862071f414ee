import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { request } from 'undici';
import { submitOf } from '#testing/ads.ts';

/**
 * The most clients that leave long lists unread: the system keeps some MiB for each on its way, at both ends, and beyond this the
 * memory that it has for TCP would be what slows down others.
 */
const mostLists = 30;

/** How clients are slow: what each says at first, and whether it goes on, a byte at a time. */
const manners: Readonly<
  Record<
    string,
    { readonly first: (token: string) => string; readonly goesOn: boolean; readonly most?: number }
  >
> = {
  'says nothing': { first: () => '', goesOn: false },
  'sends its headers slowly': { first: () => 'GET /v1/jobs HTTP/1.1\r\nHost: x\r\nX-', goesOn: true },
  'sends its body slowly': {
    first: (token) =>
      `POST /v1/jobs HTTP/1.1\r\n${headers(token)}Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"key":"`,
    goesOn: true,
  },
  'sends a file slowly': {
    first: (token) =>
      `PUT /v1/blobs/sha256:${randomBytes(32).toString('hex')} HTTP/1.1\r\n${headers(token)}Content-Type: application/octet-stream\r\nContent-Length: 100000\r\n\r\n`,
    goesOn: true,
  },
  'does not read a long list': {
    first: (token) => `GET /v1/jobs?limit=1000000 HTTP/1.1\r\n${headers(token)}\r\n`,
    goesOn: false,
    most: mostLists,
  },
  'does not read many events': {
    first: (token) => `GET /v1/events HTTP/1.1\r\n${headers(token)}\r\n`.repeat(20),
    goesOn: false,
  },
};

const headers = (token: string) => `Host: x\r\nAuthorization: Bearer ${token}\r\n`;

interface SlowOptions {
  readonly url: string;
  /** The process of the pool. */
  readonly pid: number;
  readonly token: (subject: string) => Promise<string>;
  /** Clients of each manner. */
  readonly each: number;
  /** Seconds for which others are measured, without and with slow clients. */
  readonly seconds: number;
  /** Seconds after which the pool must have cut off all slow clients; 0: this is not waited for. */
  readonly until: number;
}

export interface SlowReport {
  readonly clients: number;
  /** Requests a second of a user who reads and submits. */
  readonly alone: number;
  readonly beside: number;
  /** Resident memory of the pool in MiB. */
  readonly before: number;
  readonly most: number;
  /** Connections and files of slow clients that the pool still held in the end. */
  readonly held: number;
}

/** Thousands of slow clients at a pool, and one user who is not. */
export async function slowClients(options: SlowOptions): Promise<SlowReport> {
  const { url, pid, token, each, seconds, until } = options;
  await fill(options);
  const alone = await rate(options, seconds);
  const before = await residentMiB(pid);
  const files = await openFiles(pid);
  const slow: Socket[] = [];
  const stop = new AbortController();
  try {
    for (const { first, goesOn, most } of Object.values(manners)) {
      for (let count = 0; count < Math.min(each, most ?? each); count += 1) {
        // Ten hostile users, because the pool bounds what one may hold.
        const socket = await opened(url, first(await token(`slow-${count % 10}`)));
        slow.push(socket);
        if (goesOn) void trickle(socket, stop.signal);
      }
    }
    const begun = performance.now();
    let most = await residentMiB(pid);
    // What they ask for first is work, and the pool does it; what is measured here is what they cost after that.
    await calm(pid);
    const beside = await rate(options, seconds);
    while ((await openFiles(pid)) > files + few && performance.now() - begun < until * 1000) {
      most = Math.max(most, await residentMiB(pid));
      await pause(500);
    }
    most = Math.max(most, await residentMiB(pid));
    return { clients: slow.length, alone, beside, before, most, held: (await openFiles(pid)) - files };
  } finally {
    stop.abort();
    for (const socket of slow) socket.destroy();
  }
}

/** Jobs and events that make long answers. */
async function fill({ url, token }: SlowOptions): Promise<void> {
  const filler = await token('slow-0');
  for (let count = 0; count < 4; count += 1)
    await post(url, filler, { ...submitOf(5000), key: `fill-the-queue-${count}` });
}

async function opened(url: string, first: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  socket.write(first);
  // Only the end of the connection is noticed, and nothing is read.
  socket.pause();
  return socket;
}

async function trickle(socket: Socket, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !socket.closed) {
    if (socket.writable) socket.write('x');
    await pause(1000, undefined, { signal }).catch(() => {});
  }
}

/** Requests a second of one user with one connection. */
async function rate({ url, token }: SlowOptions, seconds: number): Promise<number> {
  const good = await token('good');
  const end = performance.now() + seconds * 1000;
  let count = 0;
  for (; performance.now() < end; count += 2) {
    await post(url, good, submitOf(1));
    const answer = await request(`${url}/v1/jobs?limit=10`, { headers: { authorization: `Bearer ${good}` } });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw new Error(`the good user got ${answer.statusCode}`);
  }
  return count / seconds;
}

async function post(url: string, token: string, json: object): Promise<void> {
  const answer = await request(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(json),
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`a good submission got ${answer.statusCode}: ${text}`);
}

/** Files that the user who is not slow, and the pool itself, may have opened meanwhile. */
export const few = 20;

const openFiles = async (pid: number): Promise<number> => (await readdir(`/proc/${pid}/fd`)).length;

/** Waits until the process uses less than a third of a processor. */
async function calm(pid: number): Promise<void> {
  for (let before = await ticks(pid), tries = 0; tries < 60; tries += 1) {
    await pause(500);
    const now = await ticks(pid);
    if (now - before < 16) return;
    before = now;
  }
}

/** Hundredths of a second of processor time. */
async function ticks(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}
