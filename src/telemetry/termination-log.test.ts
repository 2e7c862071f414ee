import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TerminationLog, terminationLog } from './termination-log.ts';

describe('the termination message', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'glidein-words-'));
    file = join(directory, 'termination-log');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is the newest one only', async () => {
    await writeFile(file, 'x'.repeat(5000));
    const log = new TerminationLog(file);
    await Promise.all([log.write('a long first reason'), log.write('second')]);
    expect(await readFile(file, 'utf8')).toBe('second');
  });

  it('has at most 4096 bytes, and ends with a whole character', async () => {
    await new TerminationLog(file).write(`a${'語'.repeat(3000)}`);
    const words = await readFile(file);
    expect(words.length).toBe(4096);
    expect(words.toString('utf8')).toBe(`a${'語'.repeat(1365)}`);
  });

  it('is not written outside a pod, unless a file is named', async () => {
    await (await terminationLog(undefined, {})).write('unheard');
    await (await terminationLog(file, {})).write('heard');
    expect(await readFile(file, 'utf8')).toBe('heard');
  });

  it('throws an error if it cannot be written, and the next one is tried again', async () => {
    const log = new TerminationLog(join(directory, 'later', 'log'));
    await expect(log.write('lost')).rejects.toThrow(/ENOENT/);
    await expect(log.write('lost')).rejects.toThrow(/ENOENT/);
  });
});
