import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runCommand } from './cluster.ts';

const root = resolve(import.meta.dirname, '../..');

/**
 * Writes the charts as they were before their latest change, committed or not, below a directory: what an installation has that
 * is upgraded now.
 * @throws Error in a clone without that part of the history
 */
export async function earlierCharts(directory: string): Promise<{ glidein: string; crds: string }> {
  const commit = await commitBefore();
  await mkdir(directory, { recursive: true });
  const archive = join(directory, 'charts.tar');
  await git('archive', '--output', archive, commit, 'charts');
  const { code, err } = await runCommand('tar', ['-xf', archive, '-C', directory]);
  if (code !== 0) throw new Error(`tar cannot read ${archive}: ${err}`);
  return { glidein: join(directory, 'charts/glidein'), crds: join(directory, 'charts/glidein-crds') };
}

async function commitBefore(): Promise<string> {
  if ((await git('status', '--porcelain', '--', 'charts')) !== '') return 'HEAD';
  const latest = (await git('rev-list', '-1', 'HEAD', '--', 'charts')).trim();
  const before = await runCommand('git', ['rev-parse', '--verify', '--quiet', `${latest}^`], { cwd: root });
  if (before.code === 0) return before.out.trim();
  throw new Error(
    `this clone does not have the commit before ${latest}, the latest change of charts/, so nothing can be upgraded from it; ` +
      'get the history: git fetch --unshallow',
  );
}

async function git(...args: string[]): Promise<string> {
  const { code, out, err } = await runCommand('git', args, { cwd: root });
  if (code !== 0) throw new Error(`git ${args.join(' ')}: ${err}`);
  return out;
}
