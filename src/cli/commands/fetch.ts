import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { count } from '#base/count.ts';
import { GlideinError } from '#base/error.ts';
import { systemReason } from '#base/system-error.ts';
import { downloadBlob } from '#client/blobs.ts';
import { jobPages } from '#client/job-pages.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import { type JobFile, relativePath } from '#wire/file.ts';
import type { JobView } from '#wire/jobs.ts';
import { findPool } from '../find-pool.ts';
import { jobName } from '../job-name.ts';
import { print, type Terminal } from '../terminal.ts';

export function fetchCommand(program: Command, terminal: Terminal): void {
  program
    .command('fetch')
    .argument('<job>', 'a job such as 12.3, or a cluster such as 12')
    .summary("bring a job's output files here")
    .description(
      "Brings the output files, standard output and error of ended jobs here, under the submit file's names.",
    )
    .option('-d, --directory <DIR>', 'where to put them', '.')
    .addHelpText(
      'after',
      `
Of several jobs each gets a directory of its own, such as 12.3.

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
      const target = resolve(terminal.directory, flags.directory);
      let files = 0;
      for (const job of jobs) {
        // Jobs of one cluster often write files of one name: each gets its own directory then.
        const place = jobs.length > 1 ? join(target, jobName(job.id)) : target;
        for (const file of filesOf(job)) {
          await put(client, file, join(place, file.name), terminal.signal);
          files += 1;
        }
      }
      await client.close();
      if (files === 0)
        throw new GlideinError('NotFound', `${name} has no output yet`, { cure: 'see `glidein q`' });
      print(terminal, `${count(files, 'file')} written to ${target}.`);
    });
}

/** @throws GlideinError WriteFailed naming the file that could not be written */
async function put(client: PoolClient, file: JobFile, path: string, signal: AbortSignal): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await downloadBlob(client, file.digest, path, { signal });
    if (file.executable) await chmod(path, 0o755);
  } catch (error) {
    const why = systemReason(error);
    if (why === undefined) throw error;
    throw new GlideinError('WriteFailed', `${path} could not be written: ${why}`, {
      cause: error,
      cure: 'make room there, or name another directory with --directory',
    });
  }
}

function filesOf(job: JobView): JobFile[] {
  const ad = adFromTexts(job.ad);
  const named = (file: JobFile | undefined, attribute: string, fallback: string): JobFile[] =>
    file === undefined ? [] : [{ ...file, name: nameIn(ad.evaluateString(attribute), fallback) }];
  return [
    ...job.outputs,
    ...named(job.stdout, 'Out', `${job.id}.out`),
    ...named(job.stderr, 'Err', `${job.id}.err`),
  ];
}

/** The last part of the name that the submit file gave, so that nothing lands outside of the directory. */
export function nameIn(given: string | undefined, fallback: string): string {
  const last = given === '/dev/null' ? undefined : given?.split('/').at(-1);
  return last !== undefined && relativePath.safeParse(last).success ? last : fallback;
}
