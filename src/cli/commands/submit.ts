import { createHash, randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import { systemClock } from '#base/clock.ts';
import { GlideinError, isCode } from '#base/error.ts';
import { excerpt } from '#base/excerpt.ts';
import { sleep } from '#base/sleep.ts';
import { type Blob, uploadBlob } from '#client/blobs.ts';
import type { PoolClient } from '#client/pool-client.ts';
import type { SubmitDescription } from '#submit/parse-submit.ts';
import { type SubmitAnswer, type SubmitRequest, submitAnswer } from '#wire/jobs.ts';
import { findPool, isPoolOfUp } from '../find-pool.ts';
import { Progress } from '../progress.ts';
import { checkProxies } from '../submit/check-proxies.ts';
import { checkUndone } from '../submit/check-undone.ts';
import { describe, whyUnreadable } from '../submit/describe.ts';
import { printDryRun } from '../submit/dry-run.ts';
import { type InputEntry, lastOfEach, walkInput } from '../submit/walk-input.ts';
import { note, print, type Terminal } from '../terminal.ts';

/** How many files travel to the pool at once. */
const parallelUploads = 8;

/** Files that the jobs of one submission bring, counted once for each job. */
const mostInputsInAll = 5_000_000;

/** The content of a folder's entry. */
const nothing: Blob = { digest: `sha256:${createHash('sha256').digest('hex')}`, size: 0 };

export function submitCommand(program: Command, terminal: Terminal): void {
  program
    .command('submit')
    .argument('<file>', 'the submit file, or - for standard input')
    .summary('queue the jobs of a submit file')
    .description(
      'Queues the jobs that a submit file describes. When this returns they are safe, whatever happens to the pool.',
    )
    .option('--dry-run', 'print the job ads and queue nothing; needs no pool')
    .addOption(
      new Option(
        '-o, --output <text|json>',
        'with --dry-run: ads in the old syntax, or an array for programs',
      ).choices(['text', 'json']),
    )
    .addHelpText(
      'after',
      `
A submit file is HTCondor's:
  executable            = hello.sh          brought along and run in the job's directory
  arguments             = $(Process)
  container_image       = hello             a directory of the pilot's images, or an absolute path
  transfer_input_files  = data/$(Process).txt
  transfer_output_files = result.txt        without it every new file comes back
  request_cpus          = 1
  request_memory        = 256 MB
  queue 10

Examples:
  $ glidein submit hello.sub
  $ glidein submit --dry-run hello.sub
  $ printf 'executable=/bin/hostname\\ncontainer_image=hello\\nqueue\\n' | glidein submit -`,
    )
    .action(async (file: string, _options, command: Command) => {
      const flags = command.optsWithGlobals();
      if (flags.output !== undefined && flags.dryRun !== true) {
        throw new GlideinError('InvalidArgument', '--output is for --dry-run', {
          cure: 'leave it out, or add --dry-run',
        });
      }
      const description = await describe(file, terminal);
      sayWarnings(description, terminal);
      if (flags.dryRun === true) return printDryRun(description, flags.output ?? 'text', terminal);
      if (description.procs.length === 0) return print(terminal, '0 jobs submitted.');
      checkProxies(description, systemClock.wall());
      for (const warning of checkUndone(description)) note(terminal, `${file}: warning: ${warning}`);
      const client = await findPool(flags, terminal);
      const progress = new Progress(terminal, systemClock);
      const { cluster, procs } = await bringInputs(client, description, progress, terminal.signal)
        .then((request) => queue(client, request, progress, terminal.signal))
        .finally(() => progress.end());
      print(terminal, `${procs} job${procs === 1 ? '' : 's'} submitted to cluster ${cluster}.`);
      if (!isPoolOfUp(flags, terminal))
        note(
          terminal,
          `\`glidein wait ${cluster}\` waits for ${procs === 1 ? 'it and brings its' : 'them and brings their'} results here.`,
        );
      await client.close();
    });
}

function sayWarnings({ warnings }: SubmitDescription, terminal: Terminal): void {
  for (const { message, place } of warnings) {
    note(terminal, `${place.file}:${place.line}:${place.column}: warning: ${message}`);
    for (const line of excerpt(place)) note(terminal, line);
  }
}

/** Brings every distinct input file to the pool once. @throws GlideinError NotFound naming the first that is missing */
async function bringInputs(
  client: PoolClient,
  description: SubmitDescription,
  progress: Progress,
  signal: AbortSignal,
): Promise<SubmitRequest> {
  const procs = await walkInputs(description);
  const files = procs.flat().filter(({ emptyFolder }) => emptyFolder === undefined);
  const paths = [...new Set(files.map(({ path }) => path))];
  const brought = new Map<string, Blob>();
  const left = paths.values();
  const carry = async (): Promise<void> => {
    for (const path of left) {
      progress.say(`bringing input files: ${brought.size} of ${paths.length}`);
      brought.set(path, await readable(path, () => uploadBlob(client, path, signal)));
    }
  };
  await Promise.all(Array.from({ length: parallelUploads }, carry));
  return {
    key: randomUUID(),
    cluster: { ...description.cluster },
    procs: description.procs.map(({ attributes }, proc) => ({
      attributes: { ...attributes },
      inputs: (procs[proc] ?? []).map(({ path, ...input }) => ({ ...input, ...blob(brought, path, input) })),
    })),
  };
}

/** What each job brings along. Thousands of jobs share their inputs. */
async function walkInputs({ procs }: SubmitDescription): Promise<InputEntry[][]> {
  const known = new Map<string, Promise<InputEntry[]>>();
  let total = 0;
  const all: InputEntry[][] = [];
  for (const { inputs } of procs) {
    const walked = inputs.map((input) => {
      const key = JSON.stringify(input);
      const before = known.get(key) ?? readable(input.path, () => walkInput(input));
      known.set(key, before);
      return before;
    });
    const entries = lastOfEach((await Promise.all(walked)).flat());
    total += entries.length;
    if (total > mostInputsInAll) {
      throw new GlideinError('TooLarge', `these jobs bring more than ${mostInputsInAll} files in all`, {
        cure: 'pack the inputs of each job into a tar file; nothing was submitted',
      });
    }
    all.push(entries);
  }
  return all;
}

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const why = whyUnreadable(error);
    if (why === undefined) throw error;
    throw new GlideinError('NotFound', `the input file ${path} ${why}`, {
      cause: error,
      cure: 'correct executable, input or transfer_input_files; nothing was submitted',
    });
  }
}

function blob(
  brought: ReadonlyMap<string, Blob>,
  path: string,
  { emptyFolder }: { readonly emptyFolder?: true },
): Blob {
  if (emptyFolder) return nothing;
  const found = brought.get(path);
  if (found === undefined) throw new GlideinError('Internal', `the input ${path} was not brought`);
  return found;
}

/** Asks again, with the same key, when the pool went away in between: that never queues anything twice. */
async function queue(
  client: PoolClient,
  request: SubmitRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<SubmitAnswer> {
  for (let tries = 1; ; tries += 1) {
    try {
      progress.say('queueing');
      return await client.json('/v1/jobs', submitAnswer, { method: 'POST', json: request, signal });
    } catch (error) {
      if (!isCode(error, 'Unavailable') || tries >= 20) throw error;
      progress.say('waiting for the pool');
      await sleep(systemClock, 500, signal);
    }
  }
}
