import { chmod, mkdir, mkdtemp, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDeepTree } from '#testing/deep-tree.ts';
import { removeTree } from '../../runtime/remove-tree.ts';
import { stampOf } from '../start/stage-inputs.ts';
import { findOutputs } from './find-outputs.ts';

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
afterEach(() => removeTree(root));

const inputs = async () => new Map([['input', stampOf(await stat(join(job, 'input')))]]);
const wish = { named: undefined, preservePaths: false, inputs: new Map<string, string>() };
const names = async (named: string[], preservePaths = false) =>
  (await findOutputs(job, { ...wish, named, preservePaths })).files.map((file) => file.name);

describe('the outputs of a job', () => {
  it('are the new and changed files of the top level if it names none', async () => {
    const before = await inputs();
    const found = await findOutputs(job, { ...wish, inputs: before });
    expect(found.files.map(({ name, executable }) => [name, executable])).toEqual([
      ['alias', true],
      ['new', true],
    ]);
    await writeFile(join(job, 'input'), 'other');
    const later = await findOutputs(job, { ...wish, inputs: before });
    expect(later.files.map(({ name }) => name)).toEqual(['alias', 'input', 'new']);
  });

  it('are the files and directories that it names, with all that is in them', async () => {
    expect(await names(['d'])).toEqual(['d/e/two', 'd/one']);
    expect(await names(['d/'])).toEqual(['e/two', 'one']);
    expect(await names(['d/e', '/srv/new', 'alias'])).toEqual(['e/two', 'new', 'alias']);
    expect(await names(['d/e/two'])).toEqual(['two']);
    expect(await names(['d/e/two'], true)).toEqual(['d/e/two']);
    expect(await names([])).toEqual([]);
  });

  it.each(['.', './', '/srv', '/srv/'])(
    'have no name that a pool refuses when "%s" is listed',
    async (entry) => {
      expect(await names([entry])).toEqual(['alias', 'd/e/two', 'd/one', 'input', 'new']);
      expect(await names([entry], true)).toEqual(['alias', 'd/e/two', 'd/one', 'input', 'new']);
    },
  );

  it('have the same name however their path is written', async () => {
    for (const entry of ['./d/one', 'd//one', 'd/./one'])
      expect(await names([entry], true)).toEqual(['d/one']);
  });

  it('include the targets of links, and empty folders', async () => {
    await symlink('one', join(job, 'd/latest'));
    await mkdir(join(job, 'd/empty/deep'), { recursive: true });
    const found = await findOutputs(job, { ...wish, named: ['d'] });
    expect(found.files.map(({ name }) => name)).toEqual(['d/e/two', 'd/latest', 'd/one']);
    expect(found.folders).toEqual(['d/empty/deep']);
  });

  it('include no file that lies too deep for any path, and the reason given is not its name', async () => {
    makeDeepTree(job, 2400);
    const { left } = await findOutputs(job, { ...wish, named: ['deep'] });
    expect(left.map(({ reason }) => reason)).toEqual(['its folders lie so deep that no path can reach it']);
  });

  it('include no name that is not UTF-8, and the reason given is not a broken link', async () => {
    const odd = (folder: string) => Buffer.concat([Buffer.from(`${job}/${folder}odd`), Buffer.from([0xff])]);
    await writeFile(odd(''), '');
    await writeFile(odd('d/'), '');
    for (const more of [{}, { named: ['d'] }]) {
      const { left } = await findOutputs(job, { ...wish, ...more });
      expect(left.filter(({ name }) => name.includes('odd')).map(({ reason }) => reason)).toEqual([
        'its name is not UTF-8',
      ]);
    }
  });

  it('come with a list of what is left behind, and why', async () => {
    await symlink('nowhere', join(job, 'd/broken'));
    await symlink('e', join(job, 'd/folder'));
    await symlink('.', join(job, 'd/circle'));
    const listed = await findOutputs(job, { ...wish, named: ['d'] });
    expect(listed.left).toEqual([
      { name: 'd/broken', reason: 'its target does not exist' },
      { name: 'd/circle', reason: 'it is a link to a folder' },
      { name: 'd/folder', reason: 'it is a link to a folder' },
      { name: 'd/leak', reason: "its target is outside the job's directory" },
    ]);
    const { left } = await findOutputs(job, wish);
    expect(left).toEqual([
      { name: 'd/', reason: 'a folder comes back only if transfer_output_files names it' },
      { name: 'leak', reason: "its target is outside the job's directory" },
    ]);
  });

  it('come with a list of what is left behind that is cut at a limit', async () => {
    const links = Array.from({ length: 150 }, (_, index) => symlink('nowhere', join(job, `d/e/l${index}`)));
    await Promise.all(links);
    const { left } = await findOutputs(job, { ...wish, named: ['d/e'] });
    expect(left).toHaveLength(98);
    expect(left.at(-1)).toEqual({ name: '...', reason: 'and 53 more' });
  });

  it('cannot be found if one is missing or outside, and the error names it', async () => {
    await expect(names(['nothing'])).rejects.toThrow('the job did not create its output "nothing"');
    for (const entry of ['leak', '../secret', '/etc/passwd', 'd/leak', 'd/../../secret']) {
      await expect(names([entry])).rejects.toThrow(`the output "${entry}" is not in the job's directory`);
    }
  });
});
