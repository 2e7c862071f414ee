import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '#wire/finding.ts';
import { runProgram } from './run-program.ts';
import { within } from './within.ts';

/** Milliseconds: a repository that is not in the cache is fetched; a dead mount hangs. */
const limit = 5000;

/** CVMFS, by listing /cvmfs and each repository that is mounted there. */
export async function cvmfs(root = '/cvmfs'): Promise<Finding> {
  if (!existsSync(root)) return absent(`there is no ${root}`);
  const names = await listed(root);
  if (typeof names === 'string') return absent(`listing ${root}: ${names}`);
  const repositories = names.filter((name) => name.includes('.')).slice(0, 32);
  const tried = await Promise.all(
    repositories.map(async (name) => [name, await listed(join(root, name))] as const),
  );
  const good = tried.flatMap(([name, entries]) => (typeof entries === 'string' ? [] : [name]));
  const broken = tried.flatMap(([name, entries]) =>
    typeof entries === 'string' ? [`${name}: ${entries}`] : [],
  );
  if (good.length === 0 && broken.length === 0) return absent(`${root} shows no repository`);
  return {
    what: 'CVMFS',
    attributes: {
      HasCVMFS: good.length > 0,
      ...Object.fromEntries(good.map((name) => [`HAS_CVMFS_${name.replaceAll(/[^A-Za-z0-9]/g, '_')}`, true])),
    },
    verdict: broken.length === 0 ? 'good' : 'bad',
    evidence: `listed ${good.join(', ') || 'nothing'}${broken.length === 0 ? '' : `; ${broken.join('; ')}`}`,
    ...(broken.length === 0
      ? {}
      : {
          cure: 'ENOTCONN: start the pods again after the CVMFS plug-in of the node; ELOOP: mount the volume with mountPropagation HostToContainer; EIO or no answer: the cache is full, or no proxy answers',
        }),
  };
}

const absent = (evidence: string): Finding => ({
  what: 'CVMFS',
  attributes: { HasCVMFS: false },
  verdict: 'missing',
  evidence,
});

/**
 * The names in a directory, by another process: a call into a dead file system would block a thread of this one for ever.
 * @returns a string if it cannot be listed: why
 */
async function listed(path: string): Promise<string[] | string> {
  const run = await within(limit + 500, runProgram('ls', ['-A', `${path}/`], limit));
  if (run === undefined || run.code === undefined) return `no answer within ${limit / 1000} seconds`;
  return run.code === 0 ? run.output.split('\n') : run.output;
}
