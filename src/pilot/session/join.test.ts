import { expect, it } from 'vitest';
import { digestOfSources } from '#testing/payload-sources.ts';
import { inputFrame, JoinFrames, placeJoin } from './join.ts';
import { sourceDigest } from './join-programs.ts';

it('the programs that join containers are compiled from the sources in hack/payload-programs', () => {
  expect(digestOfSources('join.c')).toBe(sourceDigest);
});

it('there is no program that joins containers for other machines, and that is said', async () => {
  await expect(placeJoin('/nowhere', 'riscv64')).rejects.toThrow('no program for riscv64');
});

const numbers = (kind: number, ...words: number[]) => {
  const frame = Buffer.alloc(4 + 4 * words.length);
  frame.writeUInt32LE(kind * 2 ** 24 + 4 * words.length);
  for (const [at, word] of words.entries()) frame.writeUInt32LE(word, 4 + 4 * at);
  return frame;
};

it('frames are the same however the bytes of a session come', () => {
  const stdout = inputFrame(Buffer.from('out'));
  stdout[3] = 1;
  const bytes = Buffer.concat([stdout, numbers(4, 6, 2), numbers(4, 7, 0), numbers(3, 143)]);
  for (const piece of [1, 3, 5, bytes.length]) {
    const frames = new JoinFrames();
    const found = [];
    for (let at = 0; at < bytes.length; at += piece)
      found.push(...frames.take(bytes.subarray(at, at + piece)));
    expect(found).toEqual([
      { type: 'data', stream: 'stdout', data: Buffer.from('out') },
      { type: 'failed', reason: '/bin/sh of its image: ENOENT' },
      { type: 'lost' },
      { type: 'ended', code: 143 },
    ]);
  }
});
