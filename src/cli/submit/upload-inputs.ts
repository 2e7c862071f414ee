import { createHash, randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { GlideinError } from '#base/error.ts';
import { type Blob, uploadBlob } from '#client/blobs.ts';
import type { PoolClient } from '#client/pool-client.ts';
import type { SubmitDescription } from '#submit/parse-submit.ts';
import type { Progress } from '../progress.ts';
import { checkRoom, type Sized } from './check-room.ts';
import { whyUnreadable } from './read-description.ts';
import type { AnySubmit } from './submit-jobs.ts';
import { type InputEntry, lastOfEach, walkInput } from './walk-input.ts';

/** How many files are uploaded at once. */
const parallelUploads = 8;

/** The most input files of one submission, counted once for each job. */
const mostInputsInAll = 5_000_000;

/** The content of a folder's entry. */
const nothing: Blob = { digest: `sha256:${createHash('sha256').digest('hex')}`, size: 0 };

/** Uploads every distinct input file to the pool once. @throws GlideinError NotFound naming the first that is missing */
export async function uploadInputs(
  client: PoolClient,
  description: SubmitDescription,
  progress: Progress,
  signal: AbortSignal,
): Promise<AnySubmit> {
  const procs = await walkInputs(description);
  const files = procs.flat().filter(({ emptyFolder }) => emptyFolder === undefined);
  const paths = [...new Set(files.map(({ path }) => path))];
  await checkRoom(client, await sizesOf(paths), signal);
  const brought = new Map<string, Blob>();
  const left = paths.values();
  const carry = async (): Promise<void> => {
    for (const path of left) {
      progress.say(`uploading input files: ${brought.size} of ${paths.length}`);
      brought.set(path, await readable(path, () => uploadBlob(client, path, signal)));
    }
  };
  await Promise.all(Array.from({ length: parallelUploads }, carry));
  const list = description.procs.map(({ attributes }, proc) => ({
    attributes,
    inputs: (procs[proc] ?? []).map(({ path, ...input }) => ({ ...input, ...blob(brought, path, input) })),
  }));
  const { series, cluster } = description;
  const [only] = list;
  return {
    key: randomUUID(),
    cluster,
    procs: series === undefined || only === undefined ? list : { count: series, ...only },
  };
}

async function sizesOf(paths: readonly string[]): Promise<Sized[]> {
  const files: Sized[] = [];
  for (const path of paths)
    files.push({ path, size: await readable(path, async () => (await stat(path)).size) });
  return files;
}

/** The inputs of each job. Thousands of jobs may share theirs, so each is walked once. */
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
      throw new GlideinError('TooLarge', `these jobs have more than ${mostInputsInAll} input files in all`, {
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
  if (found === undefined) throw new GlideinError('Internal', `the input ${path} was not uploaded`);
  return found;
}
