import { parentPort, workerData } from 'node:worker_threads';
import { describeError } from '#base/error.ts';
import { Database } from './database.ts';
import { isWrite, type StoreRequest, type Synchronous } from './store-messages.ts';

/** The store's thread: SQLite's calls block, so they block here and not in the core. */
const { file, synchronous } = workerData as { file: string; synchronous: Synchronous };
const port = parentPort;
if (port === null) throw new Error('store-worker runs as a worker thread only');

let database: Database | undefined;
/** Why a write failed: what was to follow it must not become durable without it. */
let broken: string | undefined;

port.on('message', ({ id, request }: { id: number; request: StoreRequest }) => {
  try {
    if (broken !== undefined && isWrite(request.op)) throw new Error(`after an earlier failure: ${broken}`);
    database ??= new Database(file, synchronous);
    port.postMessage({ id, answer: database.answer(request) });
    if (request.op === 'close') port.close();
  } catch (error) {
    const failure = describeError(error);
    if (isWrite(request.op)) broken ??= failure;
    port.postMessage({ id, failure });
  }
});
