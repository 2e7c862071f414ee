import { access, chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeDeepTree } from '#testing/deep-tree.ts';
import { removeTree } from './remove-tree.ts';

it('a tree with locked folders is removed, the targets of its links are not, and a missing tree is no error', async () => {
  const root = await mkdtemp(join(tmpdir(), 'glidein-remove-'));
  await chmod(root, 0o777);
  // Root may do anything: the test needs an ordinary user.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    const tree = join(root, 'tree');
    await mkdir(join(root, 'kept'));
    await mkdir(join(tree, 'a/b'), { recursive: true });
    await writeFile(join(tree, 'a/b/file'), '');
    await symlink('../kept', join(tree, 'link'));
    await chmod(join(tree, 'a/b'), 0);
    await chmod(join(tree, 'a'), 0o500);
    await expect(rm(tree, { recursive: true })).rejects.toMatchObject({ code: 'EACCES' });
    await removeTree(tree);
    await expect(access(tree)).rejects.toMatchObject({ code: 'ENOENT' });
    await access(join(root, 'kept'));
    await removeTree(tree);
  } finally {
    if (isRoot) process.seteuid?.(0);
    await rm(root, { recursive: true });
  }
});

it('a tree that is deeper than any path can reach is removed', async () => {
  const root = await mkdtemp(join(tmpdir(), 'glidein-remove-'));
  makeDeepTree(root, 5000);
  await removeTree(root);
  await expect(access(root)).rejects.toMatchObject({ code: 'ENOENT' });
});

it('a tree is removed whatever else of it is still being removed when a locked folder is found', async () => {
  const root = await mkdtemp(join(tmpdir(), 'glidein-remove-'));
  await chmod(root, 0o777);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    for (let turn = 0; turn < 10; turn += 1) {
      const tree = join(root, `tree-${turn}`);
      await mkdir(join(tree, 'locked/inside'), { recursive: true });
      await chmod(join(tree, 'locked'), 0);
      await Promise.all(
        Array.from({ length: 20 }, (_, name) =>
          mkdir(join(tree, `other-${name}/a/b/c`), { recursive: true }),
        ),
      );
      await removeTree(tree);
      await expect(access(tree)).rejects.toMatchObject({ code: 'ENOENT' });
    }
  } finally {
    if (isRoot) process.seteuid?.(0);
    await rm(root, { recursive: true, force: true });
  }
});
