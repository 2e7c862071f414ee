import { execFile } from 'node:child_process';
import { existsSync, linkSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeFiles } from './remove-files.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'glidein-remove-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('a directory of very many files is removed by a process with little memory', async () => {
  writeFileSync(join(directory, 'x'), '');
  for (let at = 0; at < 20_000; at += 1) linkSync(join(directory, 'x'), join(directory, String(at)));
  const program = `import('${import.meta.dirname}/remove-files.ts').then((it) => it.removeFiles(process.argv[1]))`;
  await promisify(execFile)(process.execPath, ['--max-old-space-size=10', '-e', program, directory]);
  expect(existsSync(directory)).toBe(false);
});

it('what is not there needs not to be removed, and a file is', async () => {
  const file = join(directory, '-x');
  writeFileSync(file, '');
  await removeFiles(file);
  await removeFiles(file);
  expect(existsSync(file)).toBe(false);
});
