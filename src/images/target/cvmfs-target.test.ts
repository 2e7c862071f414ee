import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CvmfsRecorder } from '#testing/cvmfs-recorder.ts';
import { ImageWorld } from '#testing/image-world.ts';
import { openCvmfs } from '#testing/target-worlds.ts';
import type { ImageTarget } from './image-target.ts';

const { signal } = new AbortController();

let source: ImageWorld;
let recorder: CvmfsRecorder;
let target: ImageTarget;
beforeEach(async () => {
  source = await ImageWorld.start();
  recorder = await CvmfsRecorder.make();
  target = await openCvmfs(recorder);
});
afterEach(async () => {
  target.close();
  await recorder.remove();
  await source.stop();
});

const push = (text: string) => source.registry.push('org/tool:1', [{ word: text }]);
const publish = () => source.publish('org/tool:1', { images: target });
const repository = 'images.example.org';
const begin = `transaction ${repository}/containers`;

it('an image is one transaction on the path that is leased, with catalogs of its own; an unchanged one is none', async () => {
  const digest = await push('one');
  await publish();
  expect(await recorder.commands()).toEqual([begin, `publish ${repository}`]);
  expect(existsSync(join(target.pathOf(digest), '.cvmfscatalog'))).toBe(true);
  expect(existsSync(join(target.path, '.images/.cvmfscatalog'))).toBe(true);
  await publish();
  expect(await recorder.commands()).toEqual([]);
  await push('two');
  await publish();
  // Nothing of the first was written after its transaction: the recorder compares.
  expect(await recorder.commands()).toEqual([begin, `publish ${repository}`]);
});

it.each([
  ['transaction', [begin], 'transaction was told to fail'],
  ['publish', [begin, `publish ${repository}`, `abort -f ${repository}`], 'publish was told to fail'],
] as const)('a %s that fails leaves no transaction open, and says why', async (command, commands, why) => {
  await push('one');
  await recorder.fail(command);
  await expect(publish()).rejects.toThrow(`cvmfs_server ${command} ${repository}`);
  expect(await recorder.commands()).toEqual(commands);
  expect(recorder.isOpen).toBe(false);
  await recorder.fail(command);
  await expect(publish()).rejects.toThrow(why);
  await publish();
});

it('a transaction that could not be given up is given up before the next change', async () => {
  await push('one');
  await recorder.fail('publish');
  await recorder.fail('abort');
  await expect(publish()).rejects.toThrow('abort was told to fail');
  expect(recorder.isOpen).toBe(true);
  await publish();
  expect((await recorder.commands()).slice(-3)).toEqual([
    `abort -f ${repository}`,
    begin,
    `publish ${repository}`,
  ]);
});

it('a transaction of somebody else is left alone', async () => {
  const other = spawn(recorder.program, ['transaction', repository]);
  await once(other, 'exit');
  await push('one');
  await expect(publish()).rejects.toThrow(`Repository ${repository} is already in a transaction`);
  target.close();
  target = await openCvmfs(recorder);
  expect(recorder.isOpen).toBe(true);
  expect(await recorder.commands()).toEqual([`transaction ${repository}`, begin]);
});

/** Begins a change, says so, and waits. */
const begins = `
const { openCvmfs } = await import('#testing/target-worlds.ts');
const [, root] = process.argv;
const target = await openCvmfs({ root, mount: root + '/cvmfs/${repository}' });
await target.change(async (images) => {
  await images.link('half/done:1', 'sha256:' + '0'.repeat(64));
  console.log('changed');
  await new Promise((resolve) => setTimeout(resolve, 60_000));
}, new AbortController().signal);
`;

it('a transaction of a process that was killed is given up at the next start, not while it is still being published', async () => {
  target.close();
  const child = spawn(process.execPath, ['--input-type=module', '-e', begins, recorder.root], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(recorder.isOpen).toBe(true);
  await recorder.publishing(true);
  await expect(openCvmfs(recorder)).rejects.toThrow('is currently published');
  await recorder.publishing(false);
  target = await openCvmfs(recorder);
  expect(recorder.isOpen).toBe(false);
  expect(existsSync(join(recorder.seen, 'containers/half'))).toBe(false);
  // A kill after the publication, before its note had gone.
  target.close();
  await writeFile(join(recorder.root, `own/${repository}/transaction`), '');
  target = await openCvmfs(recorder);
  await push('one');
  await target.change(async () => undefined, signal);
});
