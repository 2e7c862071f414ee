import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { smokeTest } from './smoke-test.ts';

let directory: string;
let apptainer: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-smoke-'));
  apptainer = join(directory, 'apptainer');
  await writeFile(apptainer, '#!/bin/sh\necho "$@" > "$(dirname "$0")/said"\n', { mode: 0o755 });
});
afterEach(() => rm(directory, { recursive: true }));

/** @returns the arguments that apptainer gets where these are the mounts */
async function tried(...mountPoints: string[]): Promise<string> {
  const mounts = mountPoints.map((point, at) => `${at} 1 0:${at} / ${point} rw - proc proc rw`).join('\n');
  const test = { command: ['/bin/true'], timeLimit: 10_000 };
  const mountInfo = async (): Promise<string> => mounts;
  await smokeTest('/tree', test, { apptainer, directory, searchPath: undefined, mountInfo }, noEnd);
  return await readFile(join(directory, 'said'), 'utf8');
}

const noEnd = new AbortController().signal;

test('an image is tried with a process tree of its own', async () => {
  const said = await tried('/', '/proc', '/proc/sys/fs/binfmt_misc');
  expect(said).toContain('exec --userns --containall --cleanenv');
  expect(said).toContain('/tree /bin/true');
});

test('an image is tried without a new /proc where the one of the pod is masked, as its payloads would run there', async () => {
  const said = await tried('/', '/proc', '/proc/kcore', '/proc/bus');
  expect(said).toContain('exec --userns --contain --ipc --pid --no-mount proc --bind /proc --cleanenv');
});
