import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { jobTexts } from '#testing/ads.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import type { Transition } from '../jobs/transition.ts';
import { Store } from '../store/store.ts';
import { Ledger } from './ledger.ts';
import { Queue } from './queue.ts';

let directory: string;
let store: Store;
let ledger: Ledger;
const queue = () => new Queue();
const at = 1_700_000_000_000;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-ledger-'));
  store = new Store(join(directory, 'pool.db'), 'FULL');
  await store.load();
  ledger = new Ledger({ queue: queue(), store, clock: new ManualClock(), onChange: () => {} });
  await ledger.replay(store.stored());
  void ledger.record({
    type: 'submit',
    at,
    cluster: 1,
    key: 'alice/k',
    owner: 'alice',
    ad: jobTexts(),
    procs: { count: 10, parts: [] },
  });
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

const claim = (proc: number): Transition => ({
  type: 'claim',
  at,
  job: { cluster: 1, proc },
  claim: { generation: 'g', id: `1.${proc}.1`, epoch: 1 },
  pilot: { uid: 'u', name: 'p', group: 'g' },
  takes: { cpus: 1, memory: 128, disk: 1024, gpus: 0 },
});
const hold = (proc: number): Transition => ({
  type: 'hold',
  at,
  job: { cluster: 1, proc },
  code: 1,
  reason: 'r',
});

/** The types of the records on the disk. */
async function journaled(): Promise<readonly string[]> {
  await store.close();
  const db = new DatabaseSync(join(directory, 'pool.db'), { readOnly: true });
  const rows = db.prepare(`SELECT record ->> '$.type' AS type FROM journal ORDER BY seq`).all();
  db.close();
  return rows.map(({ type }) => String(type));
}

test('claims of one turn share a record of the journal, up to whatever happens between them', async () => {
  for (const proc of [0, 1, 2]) void ledger.record(claim(proc));
  void ledger.record(hold(1));
  for (const proc of [3, 4]) void ledger.record(claim(proc));
  await ledger.settled();
  await ledger.record(claim(5));
  expect(await journaled()).toEqual(['submit', 'claims', 'hold', 'claims', 'claim']);
});

test('a claim never joins a record that a fold has begun to replace, though the record still waits for a commit', async () => {
  await ledger.foldNow();
  // While this is being committed, the next record waits.
  void ledger.record(hold(9));
  await Promise.resolve();
  void ledger.record(claim(0));
  const folded = ledger.foldNow();
  // The fold takes its rows within these steps, before the disk can have answered.
  for (let step = 0; step < 5; step += 1) await Promise.resolve();
  void ledger.record(claim(1));
  await folded;
  await ledger.settled();
  expect(await journaled()).toEqual(['claim']);
});
