import { chmod } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { count } from '#base/count.ts';
import { GlideinError } from '#base/error.ts';
import { makeFolders } from '#base/make-folders.ts';
import { systemCode, systemReason } from '#base/system-error.ts';
import { downloadBlob } from '#client/blobs.ts';
import { jobPages } from '#client/job-pages.ts';
import type { PoolClient } from '#client/pool-client.ts';
import type { JobFile } from '#wire/file.ts';
import type { JobView } from '#wire/jobs.ts';
import { fetchedFiles, remarks } from '../fetched-files.ts';
import { findPool } from '../find-pool.ts';
import { jobName } from '../job-name.ts';
import { hasEnded, listed } from '../job-table.ts';
import { note, oneLine, print, type Terminal } from '../terminal.ts';

export function fetchCommand(program: Command, terminal: Terminal): void {
  program
    .command('fetch')
    .argument('<job>', 'a job such as 12.3, or a cluster such as 12')
    .summary("download a job's output files")
    .description(
      "Downloads the output files, standard output and standard error of ended jobs, under the submit file's names.",
    )
    .option('-d, --directory <DIR>', 'where to put them', '.')
    .addHelpText(
      'after',
      `
Each of several jobs gets a directory of its own, such as 12.3.

Examples:
  $ glidein fetch 12.0
  $ glidein fetch 12 -d results`,
    )
    .action(async (name: string, _options, command: Command) => {
      const flags = command.optsWithGlobals();
      const client = await findPool(flags, terminal);
      const jobs: JobView[] = [];
      const wish = { path: `/v1/jobs/${jobName(name)}`, signal: terminal.signal };
      for await (const page of jobPages(client, wish)) jobs.push(...page.jobs);
      requireOwn(jobs);
      const target = resolve(terminal.directory, flags.directory);
      let files = 0;
      let folders = 0;
      for (const job of jobs) {
        // Jobs of one cluster often write files of the same name.
        const place = jobs.length > 1 ? join(target, jobName(job.id)) : target;
        files += await fetchJob(client, job, place, terminal);
        folders += job.folders?.length ?? 0;
      }
      await client.close();
      if (files + folders === 0)
        throw new GlideinError('NotFound', `${name} has no output yet`, { cure: 'see `glidein q`' });
      const left = jobs.filter((job) => !hasEnded(job)).length;
      if (left > 0)
        note(
          terminal,
          `${left} of ${count(jobs.length, 'job')} ${left === 1 ? 'has' : 'have'} not ended; fetch again later for the rest`,
        );
      const empty = folders === 0 ? '' : ` and ${count(folders, 'empty folder')}`;
      print(terminal, `${count(files, 'file')}${empty} written to ${target}.`);
    });
}

/** @throws GlideinError Forbidden for the jobs of somebody else */
function requireOwn(jobs: readonly JobView[]): void {
  const other = jobs.find((job) => job.filesWithheld === true);
  if (other === undefined) return;
  const owner = listed(other).ad.evaluateString('Owner') ?? 'somebody else';
  throw new GlideinError('Forbidden', `job ${other.id} belongs to ${owner}, and so do its files`, {
    cure: `ask ${owner} for them`,
  });
}

/** @returns how many files were written, not counting empty folders */
async function fetchJob(
  client: PoolClient,
  job: JobView,
  place: string,
  terminal: Terminal,
): Promise<number> {
  const fetched = fetchedFiles(job);
  for (const folder of job.folders ?? []) await writing(join(place, folder), makeFolders);
  for (const file of fetched.files) {
    await writing(join(place, file.name), (path) =>
      put(client, file, path, { signal: terminal.signal, job: job.id }),
    );
  }
  for (const remark of [...fetched.remarks, ...remarks(job)]) note(terminal, oneLine(remark));
  return fetched.files.length;
}

/** @throws GlideinError WriteFailed naming the file that could not be written */
async function writing(path: string, write: (path: string) => Promise<unknown>): Promise<void> {
  try {
    await write(path);
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    const isInTheWay = systemCode(error) === 'EEXIST';
    const why = isInTheWay ? 'part of its path is not a directory' : reason;
    throw new GlideinError('WriteFailed', `${path} could not be written: ${why}`, {
      cause: error,
      cure: 'make room there, or name another directory with --directory',
    });
  }
}

async function put(
  client: PoolClient,
  file: JobFile,
  path: string,
  options: { readonly signal: AbortSignal; readonly job: string },
): Promise<void> {
  await makeFolders(dirname(path));
  await downloadBlob(client, file, path, options);
  if (file.executable) await chmod(path, 0o755);
}
