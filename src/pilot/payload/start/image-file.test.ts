import { describe, expect, it } from 'vitest';
import { type FileRules, faultOfFile } from './image-file.ts';

const sif = Buffer.from(`${'#!/usr/bin/env run-singularity\n'.padEnd(32, '\0')}SIF_MAGIC\0`, 'latin1');
const works: FileRules = { wanted: 'Published', works: { works: true } };

const fault = (bytes: Buffer | undefined, rules: FileRules = works) =>
  faultOfFile('tool.sif', '/images/tool.sif', rules, async () => bytes);

describe('an image file', () => {
  it('can be run where its group wants image files and the probe has run one', async () => {
    expect(await fault(sif)).toBeUndefined();
    expect(await fault(Buffer.from('hsqs...'))).toBeUndefined();
  });

  it.each([
    ['cannot be read', undefined, /cannot be read/],
    ['is empty', Buffer.alloc(0), /neither a directory nor an image file/],
    ['is something else', Buffer.from('x'.repeat(64)), /neither a directory nor an image file/],
  ])('that %s is a fault of the image', async (_what, bytes, reason) => {
    expect(await fault(bytes)).toEqual({ fault: 'image', reason: expect.stringMatching(reason) });
  });

  it('is a fault of the job in a group that wants none', async () => {
    expect(await fault(sif, { ...works, wanted: 'None' })).toMatchObject({ fault: 'image' });
  });

  it('is left to other pilots where FUSE does not work, and this pilot goes on', async () => {
    expect(
      await fault(sif, { wanted: 'FromJobs', works: { works: false, reason: 'there is no /dev/fuse' } }),
    ).toEqual({
      fault: 'source',
      reason: 'this pilot cannot run image files such as tool.sif: there is no /dev/fuse',
    });
  });
});
