import { createHash } from 'node:crypto';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { uploadBlob } from '#client/blobs.ts';
import { submitOf } from '#testing/ads.ts';
import { eventually } from '#testing/eventually.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { jobActionAnswer, jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import { BloomFilter } from '../spool/bloom-filter.ts';

const day = 86_400_000;
const limits = { historyAge: 30 * day, historyJobs: 1000, keyAge: 7 * day, fileAge: day };

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

describe('what a pool keeps', () => {
  let pool: TestPool;

  const start = async (retention: Partial<typeof limits> = {}, directory?: string) => {
    pool = await TestPool.start({
      ...(directory === undefined ? {} : { directory }),
      settings: { retention: { ...limits, ...retention } },
    });
  };
  beforeEach(() => start());
  afterEach(async () => {
    vi.restoreAllMocks();
    await pool.destroy();
  });

  const client = () => pool.client('submitter', 'alice');
  const pathOf = (text: string) => {
    const hex = digestOf(text).slice('sha256:'.length);
    return join(pool.directory, 'spool', 'blobs', hex.slice(0, 2), hex);
  };
  /** A file in the spool that nobody has touched for two days. */
  const old = async (text: string) => {
    await pool.core.blobs.put(digestOf(text), Readable.from([Buffer.from(text)]));
    await makeOld(text);
  };
  const makeOld = (text: string) => {
    const then = (Date.now() - 2 * day) / 1000;
    return utimes(pathOf(text), then, then);
  };
  const isThere = async (text: string) => {
    const hex = digestOf(text).slice('sha256:'.length);
    const names = await readdir(join(pool.directory, 'spool', 'blobs', hex.slice(0, 2))).catch(
      (): string[] => [],
    );
    return names.includes(hex);
  };
  const sweep = async () => (await pool.core.retention?.sweep()) ?? { history: 0, clusters: 0, files: 0 };
  const submit = async (inputs: readonly string[] = [], key?: string) => {
    const request = submitOf();
    const files = inputs.map((text) => ({
      name: text,
      digest: digestOf(text),
      size: text.length,
      executable: false,
    }));
    const json = { ...request, key: key ?? request.key, procs: [{ attributes: {}, inputs: files }] };
    return (await client().json('/v1/jobs', submitAnswer, { method: 'POST', json })).cluster;
  };
  const remove = (cluster: number) =>
    client().json('/v1/jobs/actions', jobActionAnswer, {
      method: 'POST',
      json: { action: 'remove', jobs: [`${cluster}.0`], reason: 'test' },
    });
  const inHistory = async (cluster: number) => {
    await pool.core.ledger.foldNow();
    await eventually(async () =>
      expect((await pool.core.store.historyOf(cluster, -1, 10)).rows).toHaveLength(1),
    );
  };

  it('an old file that no job names is removed, a young one stays', async () => {
    await old('old');
    await pool.core.blobs.put(digestOf('young'), Readable.from([Buffer.from('young')]));
    expect(await sweep()).toMatchObject({ files: 1 });
    expect([await isThere('old'), await isThere('young')]).toEqual([false, true]);
  });

  it('a file that a waiting job needs stays, however old it is', async () => {
    await old('input');
    await submit(['input']);
    await makeOld('input');
    expect(await sweep()).toMatchObject({ files: 0 });
    expect(await isThere('input')).toBe(true);
  });

  it('the outputs of an ended job stay for as long as the history has it', async () => {
    const cluster = await submit();
    const pilot = await ScriptedPilot.start({
      url: pool.url,
      token: await pool.token('pilot', 'p'),
      uid: 'p',
    });
    const begun = await pilot.next('start');
    await old('output');
    pilot.started(begun);
    pilot.finished(begun, undefined, {
      outputs: [{ name: 'out', digest: digestOf('output'), size: 6, executable: false }],
    });
    await pilot.recorded(begun.claim);
    await inHistory(cluster);
    expect(await sweep()).toMatchObject({ files: 0 });
    await pool.stop();
    // A pool that keeps so little sweeps by itself all the time.
    await start({ historyAge: 1 }, pool.directory);
    await expect.poll(() => isThere('output')).toBe(false);
    expect((await client().json('/v1/history', jobsAnswer)).jobs).toEqual([]);
  });

  it('a file that a client has asked for stays for the submit that follows', async () => {
    await old('shared');
    const path = join(pool.directory, 'shared');
    await writeFile(path, 'shared');
    const [removed] = await Promise.all([sweep(), uploadBlob(client(), path)]);
    await sweep();
    await submit(['shared']);
    expect(removed.files).toBeLessThanOrEqual(1);
    expect(await isThere('shared')).toBe(true);
  });

  it('the oldest ended jobs are removed if there are too many', async () => {
    await pool.stop();
    await start({ historyJobs: 2 }, pool.directory);
    for (let job = 0; job < 4; job += 1) {
      const cluster = await submit();
      await remove(cluster);
      await inHistory(cluster);
    }
    expect(await sweep()).toMatchObject({ history: 2 });
    expect((await client().json('/v1/history', jobsAnswer)).jobs.map(({ id }) => id)).toEqual(['4.0', '3.0']);
  });

  it('the key of a submit is known until its time is over, and no cluster number is given twice', async () => {
    const key = 'the-key-of-alice';
    const cluster = await submit([], key);
    await remove(cluster);
    await inHistory(cluster);
    await pool.stop();
    await start({ historyAge: 1 }, pool.directory);
    await sweep();
    expect(await submit([], key)).toBe(cluster);
    await pool.stop();
    await start({ historyAge: 1, keyAge: 1 }, pool.directory);
    await sweep();
    await pool.stop();
    await start({}, pool.directory);
    expect(await submit([], key)).toBe(cluster + 1);
  });

  it('a trial says what the next sweep removes, files of old jobs among them, and removes nothing', async () => {
    const cluster = await submit(['input']).catch(async () => {
      await old('input');
      return submit(['input']);
    });
    await makeOld('input');
    await old('nobody');
    await remove(cluster);
    await inHistory(cluster);
    await pool.stop();
    await start({ historyAge: 1 }, pool.directory);
    const expected = { history: 1, files: 2, fileBytes: 'input'.length + 'nobody'.length };
    expect(await pool.core.retention?.trial()).toEqual(expected);
    expect([await isThere('input'), await isThere('nobody')]).toEqual([true, true]);
    expect(await sweep()).toMatchObject(expected);
    expect([await isThere('input'), await isThere('nobody')]).toEqual([false, false]);
  });

  it('a job stays in the history until the fold that moved it there is complete', async () => {
    const cluster = await submit();
    await remove(cluster);
    await inHistory(cluster);
    await pool.stop();
    const db = new DatabaseSync(join(pool.directory, 'pool.db'));
    // As a pool leaves it that is killed before it notes the end of the fold.
    db.exec("UPDATE history SET record = json_set(record, '$.seq', 1000)");
    db.close();
    await start({ historyAge: 1 }, pool.directory);
    expect(await sweep()).toMatchObject({ history: 0 });
  });

  it('only as many ended jobs stay as a part of the volume holds', async () => {
    vi.spyOn(pool.core.volume, 'sizeBytes', 'get').mockReturnValue(2 * 4 * 2048);
    for (let job = 0; job < 4; job += 1) await remove(await submit());
    await inHistory(4);
    expect(await sweep()).toMatchObject({ history: 2 });
    expect((await client().json('/v1/history', jobsAnswer)).jobs.map(({ id }) => id)).toEqual(['4.0', '3.0']);
  });

  it('keys of jobs that are gone stay for no more submissions than the history keeps jobs', async () => {
    await pool.stop();
    await start({ historyJobs: 2 }, pool.directory);
    for (let job = 0; job < 6; job += 1) await remove(await submit());
    await inHistory(6);
    await sweep();
    await pool.stop();
    const db = new DatabaseSync(join(pool.directory, 'pool.db'));
    expect(db.prepare('SELECT cluster FROM clusters').all()).toMatchObject([{ cluster: 5 }, { cluster: 6 }]);
    db.close();
    await start({}, pool.directory);
  });
});

describe('marks', () => {
  it('a Bloom filter never misses a digest that was added', () => {
    const marks = new BloomFilter();
    const digests = Array.from({ length: 10_000 }, (_, index) => digestOf(`${index}`));
    for (const digest of digests) marks.add(digest);
    expect(digests.every((digest) => marks.has(digest))).toBe(true);
    const others = Array.from({ length: 10_000 }, (_, index) => digestOf(`other ${index}`));
    expect(others.filter((digest) => marks.has(digest)).length).toBeLessThan(10);
  });
});
