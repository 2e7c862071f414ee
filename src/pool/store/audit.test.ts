import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AuditQuery, AuditShare } from './audit-rows.ts';
import { type Audited, Store } from './store.ts';

let directory: string;
let store: Store;

const start = async () => {
  store = new Store(join(directory, 'pool.db'), 'FULL');
  await store.load();
  for await (const _part of store.stored());
};
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-audit-'));
  await start();
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

interface TestAct extends Audited {
  told: object;
  open: 0 | 1;
}
function act(
  told: object,
  more: { share?: AuditShare; at?: number; subject?: string; open?: 0 | 1 } = {},
): TestAct {
  const { share = 'users', at = 1000, subject = 'ada', open = 0 } = more;
  return {
    told,
    open,
    row() {
      return { at, share, subject, what: 'hold', open: this.open, record: JSON.stringify(this.told) };
    },
  };
}
const everything: AuditQuery = { order: 'up', from: 0, limit: 1000 };
const told = async (query: Partial<AuditQuery> = {}) =>
  (await store.auditPage({ ...everything, ...query })).rows.map(({ record }) => JSON.parse(record) as object);

it('an act that grows is told once, when it has ended, and nothing after it before that', async () => {
  const long = act({ count: 1 }, { open: 1 });
  await store.append('{}', { act: long }).durable;
  await store.audit(act({ next: true }));
  expect(await told()).toEqual([]);
  long.told = { count: 2 };
  await store.append('{}', { act: long }).durable;
  expect(await told()).toEqual([]);
  long.open = 0;
  await store.audit(long);
  expect(await told()).toEqual([{ count: 2 }, { next: true }]);
});

it('an act that a killed process left behind is told as far as it had come, as not finished', async () => {
  const long = act({ count: 1 }, { open: 1 });
  await store.append('{}', { act: long }).durable;
  await store.close();
  await start();
  const { rows } = await store.auditPage(everything);
  expect(rows).toEqual([expect.objectContaining({ seq: 1, open: 1, record: '{"count":1}' })]);
  await store.audit(act({ next: true }));
  expect(await told()).toEqual([{ count: 1 }, { next: true }]);
});

it('each page goes on where the one before ended, in both directions', async () => {
  for (let number = 1; number <= 5; number += 1) await store.audit(act({ number }));
  const up = await store.auditPage({ ...everything, limit: 3 });
  expect(up).toMatchObject({ last: 3, isAll: false });
  expect(await told({ from: up.last })).toEqual([{ number: 4 }, { number: 5 }]);
  const down = await store.auditPage({ order: 'down', from: 6, limit: 2 });
  expect(down.rows.map(({ seq }) => seq)).toEqual([5, 4]);
  expect(await told({ order: 'down', from: down.last, limit: 2 })).toEqual([{ number: 3 }, { number: 2 }]);
});

it.each<[Partial<AuditQuery>, number[]]>([
  [{ since: 2000 }, [2, 3, 4]],
  [{ until: 2000 }, [1, 2]],
  [{ subject: 'bob' }, [3, 4]],
  [{ address: '10.0.0.2' }, [2]],
  [{ job: { cluster: 7 } }, [1, 2]],
  [{ job: { cluster: 7, proc: 4 } }, [1]],
  [{ job: { cluster: 7, proc: 9 } }, [2]],
  [{ job: { cluster: 8, proc: 123 } }, [3]],
  [{ viewer: { subject: 'bob', role: 'submitter' } }, [2, 3]],
  [{ viewer: { subject: 'ada', role: 'submitter', issuer: 'lab' } }, [1, 2]],
  [{ viewer: { subject: 'ada', role: 'operator' } }, []],
  [{ viewer: { subject: 'bob', role: 'operator', issuer: 'lab' } }, [4]],
  [{ viewer: { subject: 'bob', role: 'operator', issuer: 'farm' } }, []],
  [{ viewer: { subject: 'constructor', role: 'submitter' } }, []],
  [{ what: 'ssh' }, []],
])('the query %j finds the records %j', async (query, numbers) => {
  const [ada, bob] = [
    { subject: 'ada', role: 'submitter' },
    { subject: 'bob', role: 'submitter' },
  ];
  await store.audit(act({ ...ada, n: 1, from: '10.0.0.1', jobs: ['7.0-7.5'] }, { at: 1000 }));
  await store.audit(
    act({ ...ada, n: 2, from: '10.0.0.2', jobs: ['6.3', '7.8-7.9'], owners: { bob: 1 } }, { at: 2000 }),
  );
  await store.audit(act({ ...bob, n: 3, jobs: ['8'] }, { at: 3000, subject: 'bob' }));
  const operator = { subject: 'bob', role: 'operator', issuer: 'lab' };
  await store.audit(act({ ...operator, n: 4 }, { at: 3000, subject: 'bob' }));
  expect(await told(query)).toEqual(numbers.map((n) => expect.objectContaining({ n })));
});

it('the newest records since a time are found although the clock was wrong for a while', async () => {
  await store.audit(act({ n: 1 }, { at: 9_000_000 }));
  await store.audit(act({ n: 2 }, { at: 0 }));
  await store.audit(act({ n: 3 }, { at: 9_000_001 }));
  const query = { order: 'down', from: 100, since: 9_000_000 } as const;
  expect(await told(query)).toEqual([{ n: 3 }, { n: 1 }]);
  await Promise.all(Array.from({ length: 999 }, (_, n) => store.audit(act({ n }, { at: 0 }))));
  expect(await store.auditPage({ ...everything, order: 'down', from: 2000, since: 9_000_000 })).toMatchObject(
    {
      isAll: false,
      last: 3,
    },
  );
});

async function prune(before: number, bytes: number): Promise<void> {
  for (let isDone = false; !isDone; ) isDone = (await store.pruneAudit({ before, bytes })).next === null;
}

it('a flood of one share removes nothing of another', async () => {
  await store.audit(act({ n: 'by an admin' }, { share: 'admins' }));
  await store.audit(act({ n: 'refused' }, { share: 'denied' }));
  const text = 'x'.repeat(1000);
  await Promise.all(Array.from({ length: 1200 }, (_, n) => store.audit(act({ n, text }))));
  await prune(0, 5000);
  const left = (await told()) as { n: unknown }[];
  expect(left.map(({ n }) => n)).toEqual(['by an admin', 'refused', 1195, 1196, 1197, 1198, 1199]);
});

it('old records are removed, but never the newest, whose number must not be used again', async () => {
  await store.audit(act({ n: 1 }, { at: 1000 }));
  await store.audit(act({ n: 2 }, { at: 1500 }));
  await prune(2000, 1e9);
  expect(await told()).toEqual([{ n: 2 }]);
  await store.close();
  await start();
  await store.audit(act({ n: 3 }, { at: 3000 }));
  expect((await store.auditPage(everything)).rows.map(({ seq }) => seq)).toEqual([2, 3]);
});

it('what an administrator changes in an account is stored with the record of it', async () => {
  await store.storeAccounts([], [], [act({ object: 'bob' }, { share: 'admins' })]);
  expect(await told()).toEqual([{ object: 'bob' }]);
});
