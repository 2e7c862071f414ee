import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Clock, systemClock } from '#base/clock.ts';
import { UrlFailure } from '../../transfer/url-fetcher.ts';
import { fetchInputs } from './fetch-inputs.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-inputs-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const inputs = [{ name: 'a', digest: `sha256:${'0'.repeat(64)}`, size: 100, executable: false }];
const urls = ['one', 'two'].map((name) => ({ url: `https://me:secret@site/${name}?signed`, name }));

interface Fetcher {
  fetch(url: string, path: string, most: number, signal: AbortSignal): Promise<number>;
}
const fetchWith = (fetch: Fetcher['fetch'], disk: number, clock: Clock = systemClock) =>
  fetchInputs(urls, inputs, disk, directory, { fetcher: { fetch }, clock }, new AbortController().signal);

it('the files of URLs may take, one after the other, what other inputs leave of the disk request', async () => {
  const left: number[] = [];
  const stamps = await fetchWith(async (_url, path, most) => {
    left.push(most);
    await writeFile(path, '');
    return 30;
  }, 150);
  expect(left).toEqual([50, 20]);
  expect([...stamps.keys()]).toEqual(['one', 'two']);
});

it('a failed fetch is blamed on the job, and shows neither a password nor a signature', async () => {
  const failure = fetchWith(() => Promise.reject(new UrlFailure('the server answered 403', false)), 150);
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
    (_url, _path, _most, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    150,
    clock,
  );
  await expect(failure).rejects.toThrow('it took longer than 60 minutes');
});
