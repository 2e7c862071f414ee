import { createHash } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { BlobFiles } from './blob-files.ts';
import { type ImageReference, parseReference } from './reference.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-blobs-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('blobs are evicted while others get their names', async () => {
  const files = new BlobFiles({ directory, clock: systemClock });
  const path = join(directory, 'blob');
  let isDone = false;
  const renaming = (async () => {
    while (!isDone) {
      await writeFile(`${path}.partial`, 'x');
      await rename(`${path}.partial`, path);
      await rm(path);
    }
  })();
  try {
    for (let times = 0; times < 300; times += 1) await files.evict(2 ** 20);
  } finally {
    isDone = true;
    await renaming;
  }
  await expect(files.evict(0)).resolves.toBeUndefined();
});

it('a blob is given up before it takes what is to stay free on the disk', async () => {
  const content = Buffer.alloc(8 * 2 ** 20);
  const blob = {
    mediaType: 'x',
    digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
    size: content.length,
  };
  const client = {
    blob: async () => ({ from: 0, content: Readable.from([content]) as IncomingMessage }),
  };
  const fetch = (reserve: number) =>
    new BlobFiles({ directory, clock: systemClock, reserve }).fetch(
      client,
      parseReference('a/b'),
      blob,
      new AbortController().signal,
    );
  await expect(fetch(2 ** 60)).rejects.toMatchObject({ code: 'NoSpace' });
  await expect(fetch(2 ** 20)).resolves.toContain(directory);
});

/** A blob, and one who has it in a file and gets it from registries by their names. */
function sharedBlob(answers: Readonly<Record<string, () => Readable>>) {
  const content = Buffer.alloc(64 * 2 ** 10, 'x');
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const files = new BlobFiles({ directory, clock: systemClock });
  const client = {
    blob: async ({ registry, repository }: ImageReference, _digest: string, from: number) => {
      const answer = answers[`${registry}/${repository}`]?.() ?? Readable.from([content.subarray(from)]);
      return { from, content: answer as IncomingMessage };
    },
  };
  const fetch = (name: string, signal = new AbortController().signal) =>
    files.fetch(client, parseReference(name), { mediaType: 'x', digest, size: content.length }, signal);
  return { fetch };
}

it('a registry that does not send a blob holds up nobody who has it from another registry', async () => {
  const { fetch } = sharedBlob({ 'evil.example/a/b': () => new Readable({ read: () => undefined }) });
  const ending = new AbortController();
  const waiting = fetch('evil.example/a/b', ending.signal);
  await expect(fetch('good.example/a/b')).resolves.toContain(directory);
  ending.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow();
});

it('what another registry has sent is not what the rest of a blob is put behind', async () => {
  const { fetch } = sharedBlob({ 'evil.example/a/b': () => Readable.from([Buffer.from('another')]) });
  await expect(fetch('evil.example/a/b')).rejects.toThrow();
  await expect(fetch('good.example/a/b')).resolves.toContain(directory);
});

it('a repository that has no such blob spoils none of another one', async () => {
  const refuse = () => {
    throw new GlideinError('NotFound', 'there is no such blob');
  };
  const { fetch } = sharedBlob({ 'x.example/evil/b': refuse });
  const [evil, good] = await Promise.allSettled([fetch('x.example/evil/b'), fetch('x.example/good/b')]);
  expect([evil.status, good.status]).toEqual(['rejected', 'fulfilled']);
});
