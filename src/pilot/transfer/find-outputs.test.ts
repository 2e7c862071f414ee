import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findOutputs } from './find-outputs.ts';
import { stampOf } from './stage-inputs.ts';

let root: string;
let job: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-outputs-'));
  job = join(root, 'job');
  await mkdir(join(job, 'd/e'), { recursive: true });
  await writeFile(join(root, 'secret'), 'x');
  await Promise.all(['input', 'new', 'd/one', 'd/e/two'].map((name) => writeFile(join(job, name), name)));
  await chmod(join(job, 'new'), 0o755);
  await symlink('../secret', join(job, 'leak'));
  await symlink('new', join(job, 'alias'));
  await symlink('../../secret', join(job, 'd/leak'));
});
afterEach(() => rm(root, { recursive: true }));

const inputs = async () => new Map([['input', stampOf(await stat(join(job, 'input')))]]);
const wish = { named: undefined, preservePaths: false, inputs: new Map<string, string>() };
const names = async (named: string[], preservePaths = false) =>
  (await findOutputs(job, { ...wish, named, preservePaths })).map((file) => file.name);

describe('outputs', () => {
  it('are the new and changed files of the top level when none are named', async () => {
    const before = await inputs();
    const found = await findOutputs(job, { ...wish, inputs: before });
    expect(found.map(({ name, executable }) => [name, executable])).toEqual([
      ['alias', true],
      ['new', true],
    ]);
    await writeFile(join(job, 'input'), 'other');
    const later = await findOutputs(job, { ...wish, inputs: before });
    expect(later.map(({ name }) => name)).toEqual(['alias', 'input', 'new']);
  });

  it('are what is named: directories walked, links inside of them left', async () => {
    expect(await names(['d'])).toEqual(['d/e/two', 'd/one']);
    expect(await names(['d/'])).toEqual(['e/two', 'one']);
    expect(await names(['d/e', '/srv/new', 'alias'])).toEqual(['e/two', 'new', 'alias']);
    expect(await names(['d/e/two'])).toEqual(['two']);
    expect(await names(['d/e/two'], true)).toEqual(['d/e/two']);
    expect(await names([])).toEqual([]);
  });

  it('names what is missing or lies outside', async () => {
    await expect(names(['nothing'])).rejects.toThrow('the job did not make its output "nothing"');
    for (const entry of ['leak', '../secret', '/etc/passwd', 'd/leak', 'd/../../secret']) {
      await expect(names([entry])).rejects.toThrow(
        `the output "${entry}" does not lie in the job's directory`,
      );
    }
  });
});
