import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lastLineOf, logSize } from './log-tail.ts';

let file: string;

beforeAll(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'glidein-log-')), 'log');
});
afterAll(() => rm(join(file, '..'), { recursive: true }));

it.each([
  ['', ''],
  ['one\ntwo\n\n', 'two'],
  [
    '{"level":60,"code":"RuntimeFailed","problem":"no apptainer; install it","msg":"pilot cannot run"}\n',
    'pilot cannot run: no apptainer; install it',
  ],
  ['{"level":30,"msg":"pool ends"}', 'pool ends'],
  ['{"half', '{"half'],
  [`${'x'.repeat(100_000)}\nshort`, 'short'],
  ['y'.repeat(2000), 'y'.repeat(500)],
])('the last helpful line of a log is found', async (content, words) => {
  await writeFile(file, content);
  expect(await lastLineOf(file)).toBe(words);
});

it('an earlier life’s last line is not taken for this one’s', async () => {
  await writeFile(file, 'pool ends\n');
  const from = await logSize(file);
  expect(from).toBe(10);
  expect(await lastLineOf(file, from)).toBe('');
});

it('a log that does not exist has no last line', async () => {
  expect(await lastLineOf(`${file}.absent`)).toBe('');
  expect(await logSize(`${file}.absent`)).toBe(0);
});

it('the last line is found in a log that a rotation truncated meanwhile', async () => {
  await writeFile(file, 'x'.repeat(5000));
  const from = await logSize(file);
  await writeFile(file, 'after the rotation\n');
  expect(await lastLineOf(file, from)).toBe('after the rotation');
});
