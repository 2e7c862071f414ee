import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Database } from './database.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'glidein-life-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = async () => {
  const database = Database.open({
    file: join(directory, 'pool.db'),
    synchronous: 'FULL',
    program: 'glidein 0.0.0',
  });
  const head = await database.answer({ op: 'load' });
  return { database, head };
};

const append = (database: Database, first: number) =>
  database.answer({
    op: 'append',
    first,
    records: ['{}'],
    events: [],
    audit: [],
    differences: [],
    lastCluster: undefined,
  });

it('a copy that is put back is noticed, although nothing was folded since it was made', async () => {
  const first = await open();
  await append(first.database, 1);
  for (const name of ['pool.db', 'pool.db-wal'])
    cpSync(join(directory, name), join(directory, `copy-${name}`));
  await append(first.database, 2);
  await first.database.answer({ op: 'close' });
  for (const name of ['pool.db', 'pool.db-wal'])
    cpSync(join(directory, `copy-${name}`), join(directory, name));
  const second = await open();
  expect(second.head).toMatchObject({ restored: true });
  await second.database.answer({ op: 'close' });
});
