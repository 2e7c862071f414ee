import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Clock, systemClock } from '#base/clock.ts';
import { TransferFailure } from '../../transfer/transfers.ts';
import { type FetchContext, fetchInputs } from './fetch-inputs.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-inputs-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const inputs = [{ name: 'a', digest: `sha256:${'0'.repeat(64)}`, size: 100, executable: false }];
const urls = ['one', 'two'].map((name) => ({ url: `https://me:secret@site/${name}?signed`, name }));

type Fetch = FetchContext['transfers']['fetch'];

const fetchWith = async (fetch: Fetch, disk: number, clock: Clock = systemClock) => {
  const places = { root: directory, job: join(directory, 'job') };
  await mkdir(places.job);
  return await fetchInputs(
    urls,
    { inputs, disk },
    places,
    { directory, variables: {} },
    { transfers: { fetch }, transferLimit: 3_600_000, clock },
    new AbortController().signal,
  );
};

it('the files of URLs may take what other inputs leave of the disk request, and nothing else comes along', async () => {
  const stamps = await fetchWith(async (transfers, folder, most) => {
    expect(most).toBe(50);
    for (const { path } of transfers.slice(0, 1)) await writeFile(path, '');
    await mkdir(join(folder, 'two/deep'), { recursive: true });
    await writeFile(join(folder, 'two/deep/file'), '');
    await writeFile(join(folder, 'leftover'), '');
  }, 150);
  expect([...stamps.keys()]).toEqual(['one', 'two/deep/file']);
  expect((await readdir(join(directory, 'job'))).sort()).toEqual(['one', 'two']);
  expect(await readdir(directory)).toEqual(['job']);
});

it('links in a folder that a plug-in has fetched lead nowhere, neither in circles nor to all that the pilot sees', async () => {
  const stamps = await fetchWith(async (transfers, folder) => {
    for (const { path } of transfers.slice(0, 1)) await writeFile(path, '');
    await mkdir(join(folder, 'two'));
    for (const name of ['a', 'b', 'c', 'd']) await symlink('.', join(folder, 'two', name));
    await symlink(directory, join(folder, 'two/all'));
    await symlink('/nowhere', join(folder, 'two/none'));
  }, 150);
  expect([...stamps.keys()]).toEqual(['one']);
});

it('a failed fetch is blamed on the job, and shows neither a password nor a signature', async () => {
  const failure = fetchWith(
    ([first]) => Promise.reject(new TransferFailure(first?.url ?? '', 'the server answered 403')),
    150,
  );
  await expect(failure).rejects.toThrow(
    expect.objectContaining({
      blame: 'job',
      holdCode: 13,
      message: 'the input https://site/one was not fetched: the server answered 403',
    }),
  );
});

it("an error of the pilot's disk is not blamed on the URL", async () => {
  const full = Object.assign(new Error('no room'), { code: 'ENOSPC' });
  await expect(fetchWith(() => Promise.reject(full), 150)).rejects.toBe(full);
});

it('URLs that take longer than an hour are given up', async () => {
  const clock: Clock = { ...systemClock, after: (_milliseconds, run) => systemClock.after(1, run) };
  const failure = fetchWith(
    (_transfers, _folder, _most, _job, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    150,
    clock,
  );
  await expect(failure).rejects.toThrow('it took longer than 60 minutes');
});
