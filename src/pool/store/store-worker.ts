import { parentPort, workerData } from 'node:worker_threads';
import { describeError } from '#base/error.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { Database } from './database.ts';
import { isFull } from './full-disk.ts';
import { Reserve } from './reserve.ts';
import { isWrite, type StoreRequest, type StoreThread, waitsForRoom } from './store-messages.ts';

/** The store's thread: SQLite's calls block, so they block here and not in the core. */
const { file, synchronous, reserve } = workerData as StoreThread;
const program = `glidein ${packageJson.version}`;
const port = parentPort;
if (port === null) throw new Error('store-worker runs as a worker thread only');

/** Milliseconds after which a write that found the disk full is retried. */
const retryAfter = 500;

interface Asked {
  readonly id: number;
  readonly request: StoreRequest;
}

let database: Database | undefined;
/** Why a write failed; from then on all writes fail, since none may become durable without the ones before it. */
let broken: string | undefined;
/** Writes in order; the first may be waiting for room on the disk. */
const writes: Asked[] = [];
let retry: NodeJS.Timeout | undefined;

port.on('message', (asked: Asked) => {
  if (isWrite(asked.request.op)) {
    if (retry !== undefined) comesAfter(asked);
    else {
      writes.push(asked);
      write();
    }
    return;
  }
  ask(asked);
  if (asked.request.op === 'close') {
    clearTimeout(retry);
    port.close();
  }
});

/** Answers a request that need not keep its place among the writes. Opening and pruning may need room on the disk too. */
function ask(asked: Asked): void {
  try {
    database ??= Database.open({ file, synchronous, program });
    const answer = database.answer(asked.request);
    if (answer instanceof Promise) void answerLater(asked, answer);
    else port?.postMessage({ id: asked.id, answer });
  } catch (error) {
    if (isFull(error) && Reserve.release(reserve)) ask(asked);
    else port?.postMessage({ id: asked.id, failure: describeError(error), full: isFull(error) });
  }
}

/** Answers when a long operation has ended; others go on meanwhile. */
async function answerLater({ id }: Asked, promised: Promise<unknown>): Promise<void> {
  try {
    port?.postMessage({ id, answer: await promised });
  } catch (error) {
    port?.postMessage({ id, failure: describeError(error), full: isFull(error) });
  }
}

function write(): void {
  retry = undefined;
  for (let next = writes[0]; next !== undefined; next = writes[0]) {
    if (!tried(next)) return;
    writes.shift();
  }
}

/** @returns false if there is no room: the write then stays first in line */
function tried(asked: Asked): boolean {
  try {
    if (broken !== undefined) throw new Error(`after an earlier failure: ${broken}`);
    database ??= Database.open({ file, synchronous, program });
    port?.postMessage({ id: asked.id, answer: database.answer(asked.request) });
    return true;
  } catch (error) {
    if (isFull(error)) return withoutRoom(asked, error);
    broken ??= describeError(error);
    port?.postMessage({ id: asked.id, failure: describeError(error) });
    return true;
  }
}

function withoutRoom(asked: Asked, error: unknown): boolean {
  if (Reserve.release(reserve)) return tried(asked);
  if (waitsForRoom(asked.request.op)) {
    port?.postMessage({ id: asked.id, waits: true });
    retry = setTimeout(write, retryAfter);
    for (const behind of writes.splice(1)) comesAfter(behind);
    return false;
  }
  refuse(asked, describeError(error));
  return true;
}

/** Handles a write that arrives while an earlier one waits for room: it waits too, or is refused if it can be repeated later. */
function comesAfter(asked: Asked): void {
  if (waitsForRoom(asked.request.op)) writes.push(asked);
  else refuse(asked, 'an earlier write waits for room');
}

/** Only folds and accounts are refused: they can be stored later, since journal and memory still have everything. */
function refuse(asked: Asked, failure: string): void {
  port?.postMessage({ id: asked.id, failure, full: true });
}
