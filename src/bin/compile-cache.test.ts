import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { compileCacheDirectory } from './compile-cache.ts';

const uid = process.getuid?.();
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'glidein-compiled-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

it('compiled code is kept in a directory that nobody else can write to', () => {
  const directory = compileCacheDirectory({ HOME: home }, uid);
  expect(directory).toBe(join(home, '.cache/glidein/compiled'));
  expect(statSync(directory ?? '').mode & 0o777).toBe(0o700);
  expect(compileCacheDirectory({ HOME: '/', XDG_CACHE_HOME: home }, uid)).toBe(
    join(home, 'glidein/compiled'),
  );
});

it('compiled code is not kept in the home of another user, and nothing is left there', () => {
  expect(compileCacheDirectory({ HOME: home }, (uid ?? 0) + 1)).toBeUndefined();
  expect(existsSync(join(home, '.cache'))).toBe(false);
});

it('compiled code is not read from a directory that others can write to, or through a link', () => {
  const directory = join(home, 'glidein/compiled');
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o777);
  expect(compileCacheDirectory({ XDG_CACHE_HOME: home }, uid)).toBeUndefined();
  rmSync(directory, { recursive: true });
  symlinkSync(tmpdir(), directory);
  expect(compileCacheDirectory({ XDG_CACHE_HOME: home }, uid)).toBeUndefined();
});

it('a command starts although its home is missing, or nothing can be made there', () => {
  expect(compileCacheDirectory({}, uid)).toBeUndefined();
  expect(compileCacheDirectory({ HOME: join(home, 'gone') }, uid)).toBeUndefined();
  expect(compileCacheDirectory({ HOME: '/proc' }, statSync('/proc').uid)).toBeUndefined();
});
