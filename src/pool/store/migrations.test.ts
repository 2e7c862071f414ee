import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeOldDatabase } from '#testing/databases/write-old-database.ts';
import { Connection } from './connection.ts';
import { isFull } from './full-disk.ts';
import { migrate, migrations } from './migrations.ts';
import { openDatabase } from './opening.ts';

describe('migrations', () => {
  let directory: string;
  let file: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'glidein-migrations-'));
    file = join(directory, 'pool.db');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const open = () => openDatabase({ file, synchronous: 'FULL', program: 'glidein 0.1.0' });
  /** Opens the file, takes the steps, and closes it again. */
  function take(steps: readonly string[], program = 'glidein 9.9.9', prepare = ''): void {
    const connection = new Connection(file);
    try {
      connection.db.exec(prepare);
      migrate(connection, { file, program, steps });
    } finally {
      connection.close();
    }
  }
  /** The tables, indexes and columns, and the version. */
  function shape() {
    const connection = new Connection(file);
    try {
      const objects = connection.all('SELECT name, sql FROM sqlite_schema ORDER BY name');
      return { objects, version: connection.known('version') };
    } finally {
      connection.close();
    }
  }

  it('an old database gets the same tables as a new one', async () => {
    await writeOldDatabase(file, 1);
    open().close();
    const old = shape();
    await rm(file);
    open().close();
    expect(old).toEqual(shape());
    expect(old.version).toBe(String(migrations.length));
  });

  it('each step is taken once, in order, and the rows of earlier steps stay', async () => {
    await writeOldDatabase(file, 1);
    const second = [...migrations.slice(0, 1), "CREATE TABLE two (x); INSERT INTO two VALUES ('two')"];
    take(second);
    take([...second, 'ALTER TABLE two RENAME TO three']);
    take([...second, 'ALTER TABLE two RENAME TO three']);
    const connection = new Connection(file);
    expect(connection.all('SELECT x FROM three')).toEqual([{ x: 'two' }]);
    expect(connection.all('SELECT cluster, proc FROM history')).toHaveLength(2);
    expect([connection.known('version'), connection.known('program')]).toEqual(['3', 'glidein 9.9.9']);
    connection.close();
  });

  it('a table that was added while the version stayed 1 is there afterwards', async () => {
    await writeOldDatabase(file, 1);
    const connection = new Connection(file);
    connection.db.exec('DROP TABLE events');
    connection.close();
    open().close();
    expect(shape().objects).toContainEqual(expect.objectContaining({ name: 'events' }));
  });

  it('a migration that fails in its last step leaves the file as it was', async () => {
    await writeOldDatabase(file, 1);
    const before = await readFile(file);
    expect(() => take([...migrations, 'CREATE TABLE more (x)', 'nonsense'])).toThrow(/nonsense/);
    expect((await readFile(file)).equals(before)).toBe(true);
  });

  it('a migration that finds no room leaves the file as it was, and can be repeated', async () => {
    await writeOldDatabase(file, 1);
    const before = await readFile(file);
    const large = 'CREATE TABLE large AS SELECT randomblob(1000000) AS x';
    const steps = [...migrations, large];
    let failure: unknown;
    try {
      take(steps, 'glidein 9.9.9', 'PRAGMA max_page_count = 20');
    } catch (error) {
      failure = error;
    }
    expect(isFull(failure)).toBe(true);
    expect((await readFile(file)).equals(before)).toBe(true);
    take(steps);
    expect(shape().objects).toContainEqual(expect.objectContaining({ name: 'large' }));
  });

  it('a database of a newer version is refused with the name of the program that wrote it', async () => {
    take([...migrations, 'CREATE TABLE later (x)'], 'glidein 9.9.9', 'PRAGMA journal_mode = WAL');
    const before = await readFile(file);
    const known = migrations.length;
    expect(open).toThrow(
      expect.objectContaining({
        code: 'StoreFailed',
        message: `${file} has schema ${known + 1}, made by glidein 9.9.9; this is glidein 0.1.0, which knows schemas up to ${known}`,
        cure: expect.stringMatching(/start glidein 9.9.9 or a later version/),
      }),
    );
    expect((await readFile(file)).equals(before)).toBe(true);
  });

  it('a database of another program is refused', () => {
    const connection = new Connection(file);
    connection.db.exec('CREATE TABLE addresses (name)');
    connection.close();
    expect(open).toThrow(/is a database, but not that of a pool/);
  });
});
