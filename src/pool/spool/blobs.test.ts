import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Blobs } from './blobs.ts';

const digestOf = (content: Buffer) => `sha256:${createHash('sha256').update(content).digest('hex')}`;

describe('the spool', () => {
  let directory: string;
  let blobs: Blobs;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'glidein-spool-'));
    blobs = await Blobs.open(join(directory, 'deep', 'spool'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const incoming = () => readdir(join(directory, 'deep', 'spool', 'incoming'));

  it('a file is read back whole or from an offset', async () => {
    const content = randomBytes(300_000);
    const digest = digestOf(content);
    await blobs.put(digest, Readable.from([content.subarray(0, 1000), content.subarray(1000)]));
    expect(await blobs.size(digest)).toBe(content.length);
    expect(await buffer(await blobs.read(digest))).toEqual(content);
    expect(await buffer(await blobs.read(digest, 299_990))).toEqual(content.subarray(299_990));
    expect(await incoming()).toEqual([]);
  });

  it('content with another digest is refused and leaves nothing behind', async () => {
    const digest = digestOf(Buffer.from('a'));
    await expect(blobs.put(digest, Readable.from([Buffer.from('b')]))).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
    expect(await blobs.size(digest)).toBeUndefined();
    expect(await incoming()).toEqual([]);
  });

  it('an upload that is cut off leaves nothing behind', async () => {
    const digest = digestOf(Buffer.from('ab'));
    const cut = async function* () {
      yield Buffer.from('a');
      throw new Error('cut');
    };
    await expect(blobs.put(digest, Readable.from(cut()))).rejects.toThrow('cut');
    expect(await incoming()).toEqual([]);
  });

  it('the same file can be uploaded many times at once', async () => {
    const content = randomBytes(1000);
    const digest = digestOf(content);
    await Promise.all(Array.from({ length: 10 }, () => blobs.put(digest, Readable.from([content]))));
    expect(await buffer(await blobs.read(digest))).toEqual(content);
  });

  it('incomplete uploads of an earlier process are removed, complete files are kept', async () => {
    const content = Buffer.from('whole');
    await blobs.put(digestOf(content), Readable.from([content]));
    const spool = join(directory, 'deep', 'spool');
    await writeFile(join(spool, 'incoming', 'half'), 'x');
    blobs = await Blobs.open(spool);
    expect(await incoming()).toEqual([]);
    expect(await blobs.size(digestOf(content))).toBe(5);
  });

  it('reading a file that does not exist is an error that names it', async () => {
    await expect(blobs.read(digestOf(Buffer.from('never')))).rejects.toMatchObject({ code: 'NotFound' });
  });
});
