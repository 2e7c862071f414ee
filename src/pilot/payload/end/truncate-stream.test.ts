import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { truncateStream } from './truncate-stream.ts';

const directory = mkdtempSync(join(tmpdir(), 'glidein-stream-'));
const path = join(directory, 'stdout');
afterAll(() => rmSync(directory, { recursive: true }));

it('output that is short enough comes back unchanged', async () => {
  writeFileSync(path, 'x'.repeat(1000));
  expect(await truncateStream(path, 1000)).toBeUndefined();
  expect(readFileSync(path, 'utf8')).toBe('x'.repeat(1000));
});

it('of too much output the first and the last lines come back, with a notice of what is missing between them', async () => {
  const lines = Array.from({ length: 1000 }, (_, index) => `line ${index}\n`).join('');
  writeFileSync(path, lines);
  expect(await truncateStream(path, 1000)).toBe(lines.length);
  const [first = '', second = ''] = readFileSync(path, 'utf8').split(/\n\[glidein: [^\]]*\]\n/);
  expect(lines.startsWith(first) && first.endsWith('\n') && first.length > 480).toBe(true);
  expect(lines.endsWith(second) && second.startsWith('line ') && second.length > 480).toBe(true);
  const missing = lines.length - first.length - second.length;
  expect(readFileSync(path, 'utf8')).toContain(
    `[glidein: ${missing} bytes are left out here; the job printed ${lines.length}, of which 1000 come back]`,
  );
});

it('output without line ends is cut exactly at the limit', async () => {
  writeFileSync(path, `${'a'.repeat(5000)}${'b'.repeat(5000)}`);
  expect(await truncateStream(path, 1000)).toBe(10_000);
  expect(readFileSync(path, 'utf8')).toMatch(/^a{500}\n\[glidein: 9000 bytes .*\]\nb{500}$/);
});

it('output that is one byte too long is cut', async () => {
  writeFileSync(path, 'x'.repeat(1001));
  expect(await truncateStream(path, 1000)).toBe(1001);
  expect(readFileSync(path).length).toBeLessThanOrEqual(1001);
  expect(readFileSync(path, 'utf8')).toMatch(/\[glidein: 160 bytes are left out/);
});

it('a large output is cut piece by piece', async () => {
  const size = 5 * 2 ** 20;
  writeFileSync(path, `${'a'.repeat(size)}\n${'b'.repeat(size)}`);
  expect(await truncateStream(path, 2 * size - 4096)).toBe(2 * size + 1);
  expect(readFileSync(path, 'utf8')).toMatch(/^a+\n\[glidein: [0-9]+ bytes are left out .*\]\nb+$/);
});
