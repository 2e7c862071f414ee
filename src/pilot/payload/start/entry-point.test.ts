import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { entryPointOf } from './entry-point.ts';

let image: string;
let runscript: string;
beforeEach(async () => {
  image = await mkdtemp(join(tmpdir(), 'glidein-image-'));
  runscript = join(image, '.singularity.d/runscript');
  await mkdir(join(image, '.singularity.d'));
});
afterEach(() => rm(image, { recursive: true, force: true }));

it('the program of an image is its runscript', async () => {
  await writeFile(runscript, '#!/bin/sh\n', { mode: 0o755 });
  expect(await entryPointOf(image)).toBe('/.singularity.d/runscript');
});

it('a runscript that is a link is left to the container, where it leads to another file', async () => {
  await symlink('/entry.sh', runscript);
  expect(await entryPointOf(image)).toBe('/.singularity.d/runscript');
});

it('an image whose runscript is missing or cannot be executed has no program', async () => {
  expect(await entryPointOf(image)).toBeUndefined();
  await writeFile(runscript, '#!/bin/sh\n', { mode: 0o644 });
  expect(await entryPointOf(image)).toBeUndefined();
});
