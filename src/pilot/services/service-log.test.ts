import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServiceLog } from './service-log.ts';

describe('the log of a service', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'glidein-log-'));
    path = join(folder, 'log');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const lines: string[] = [];
  async function logged(limit: number, ...streams: readonly (readonly string[])[]): Promise<ServiceLog> {
    lines.length = 0;
    const log = new ServiceLog(path, limit, (line) => lines.push(line));
    await log.open();
    await Promise.all(
      streams.map((chunks) => log.follow(Readable.from(chunks.map((each) => Buffer.from(each))))),
    );
    await log.close();
    return log;
  }

  it('keeps what is printed, and knows its lines however they come', async () => {
    const log = await logged(2 ** 20, ['one\ntw', 'o\n\nthr', 'ee']);
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\n\nthree');
    expect(lines).toEqual(['one', 'two', 'three']);
    expect(log.lastLine).toBe('three');
  });

  it('keeps to its limit, and keeps the end', async () => {
    const chunk = `${'x'.repeat(99)}\n`;
    await logged(
      1000,
      Array.from({ length: 100 }, () => chunk),
      ['the end\n'],
    );
    const sizes = await Promise.all([path, `${path}.1`].map(async (each) => (await stat(each)).size));
    expect(sizes[0]! + sizes[1]!).toBeLessThanOrEqual(1000);
    expect(sizes[0]! + sizes[1]!).toBeGreaterThan(500);
  });

  it('goes on behind what an earlier start of the service has printed', async () => {
    await logged(1000, ['first\n']);
    await logged(1000, ['second\n']);
    expect(await readFile(path, 'utf8')).toBe('first\nsecond\n');
  });

  it('lets the service run on while the disk takes nothing, sees its lines, and writes again as soon as it can', async () => {
    lines.length = 0;
    const log = new ServiceLog(path, 20, (line) => lines.push(line));
    await log.open();
    // The first file cannot become the second: a directory is in its place.
    await mkdir(join(`${path}.1`, 'x'), { recursive: true });
    const output = new PassThrough();
    const followed = log.follow(output);
    for (const line of ['before', 'lost', 'again']) {
      if (line === 'again') await rm(`${path}.1`, { recursive: true });
      output.write(`${line}\n`);
      await expect.poll(() => lines.at(-1)).toBe(line);
      if (line === 'lost') await expect.poll(() => log.problem).toContain('EISDIR');
    }
    output.end();
    await followed;
    await log.close();
    expect(await readFile(path, 'utf8')).toBe('again\n');
  });

  it('reads letters whose bytes come apart', async () => {
    lines.length = 0;
    const log = new ServiceLog(path, 2 ** 20, (line) => lines.push(line));
    await log.open();
    await log.follow(Readable.from([Buffer.from([0xc3]), Buffer.from([0xa9, 0x0a])]));
    await log.close();
    expect(lines).toEqual(['é']);
  });

  it('looks at no more than the beginning of an endless line', async () => {
    await logged(2 ** 20, ['y'.repeat(10_000), 'z\nnext\n']);
    expect(lines.map(({ length }) => length)).toEqual([4096, 4]);
  });
});
