import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ownProgram } from './entry-point.ts';

let image: string;
let runscript: string;
beforeEach(async () => {
  image = await mkdtemp(join(tmpdir(), 'glidein-image-'));
  runscript = join(image, '.singularity.d/runscript');
  await mkdir(join(image, '.singularity.d'));
});
const named = () => ({ name: 'hello', path: image, isFile: false });
const none = { reason: 'the image hello has no program of its own' };
afterEach(() => rm(image, { recursive: true, force: true }));

it("an image's own program is its runscript", async () => {
  await writeFile(runscript, '#!/bin/sh\n', { mode: 0o755 });
  expect(await ownProgram(named())).toEqual({ program: '/.singularity.d/runscript' });
});

it('a runscript that is a link is not followed outside the container', async () => {
  await symlink('/entry.sh', runscript);
  expect(await ownProgram(named())).toEqual({ program: '/.singularity.d/runscript' });
});

it('an image has no program of its own if its runscript is missing or cannot be executed', async () => {
  expect(await ownProgram(named())).toEqual(none);
  await writeFile(runscript, '#!/bin/sh\n', { mode: 0o644 });
  expect(await ownProgram(named())).toEqual(none);
});

it('an image file always has one', async () => {
  expect(await ownProgram({ ...named(), isFile: true })).toEqual({ program: '/.singularity.d/runscript' });
});
