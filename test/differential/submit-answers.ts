import { execFile } from 'node:child_process';
import { cpSync, globSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ClassAd } from '#classad/class-ad.ts';
import { parseOldAd } from '#classad/parser.ts';
import { printExpression } from '#classad/print.ts';
import { sizeOfPath } from '#cli/submit/size-of-path.ts';
import { substituteCluster } from '#submit/cluster-number.ts';
import { parseSubmit } from '#submit/parse-submit.ts';
import { chrooted } from '../../hack/htcondor/chrooted.mjs';

const run = promisify(execFile);

/** The submit files that both are asked about, and the files that those name. */
export const submitFolder = join(import.meta.dirname, 'submit');

/** What `hack/update-submit-answers.ts` wrote down. */
export const recordedAnswers = join(submitFolder, 'recorded.json');

/** Where they lie for both, so that paths are the same. */
const folderInside = '/tmp/glidein-submit';

export function submitFiles(): string[] {
  return readdirSync(submitFolder)
    .filter((name) => name.endsWith('.sub'))
    .sort();
}

/** The ads of a file's jobs: expressions, as the new syntax prints them, by attribute in lower case. */
export type JobAds = readonly Readonly<Record<string, string>>[];

/** What `condor_submit -dry-run` makes of each file; a text says why it refused one. */
export async function theirAds(
  root: string,
  files: readonly string[],
): Promise<Map<string, JobAds | string>> {
  const work = await mkdtemp(join(root, `${folderInside}-`));
  const inside = work.slice(root.length);
  try {
    cpSync(submitFolder, work, { recursive: true });
    const answers = new Map<string, JobAds | string>();
    for (const file of files) answers.set(file, await dryRun(root, inside, file));
    return answers;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function dryRun(root: string, folder: string, file: string): Promise<JobAds | string> {
  const { command, args, env } = chrooted(root, ['condor_submit', '-dry-run', '-', file], folder);
  try {
    const { stdout } = await run(command, args, { env });
    return adsOf(stdout.replaceAll(folder, folderInside));
  } catch (error) {
    return `refused: ${(error as { stderr?: string }).stderr ?? String(error)}`;
  }
}

/** A dry run prints the cluster's ad with the first job's, and of the others what differs; a dot ends each. */
function adsOf(printed: string): JobAds {
  const ads: JobAds[number][] = [];
  let cluster: Readonly<Record<string, string>> = {};
  for (const block of printed.replace(/^Dry-Run job\(s\)\n?/, '').split(/^\.$/m)) {
    const own = textsOf(parseOldAd(block.replace(/^\d+ job\(s\) dry-run.*$/m, '')));
    if (Object.keys(own).length === 0) continue;
    if (ads.length === 0) cluster = own;
    ads.push({ ...cluster, ...own });
  }
  return ads;
}

function textsOf(ad: ClassAd): Record<string, string> {
  return Object.fromEntries(
    [...ad.attributes()].map(({ name, expression }) => [name.toLowerCase(), printExpression(expression)]),
  );
}

/** What this project makes of a file, for the first cluster of a pool; a text says why it was refused. */
export function ourAds(file: string, theirs: JobAds | string): JobAds | string {
  const told = (attribute: string): number =>
    Number((typeof theirs === 'string' ? undefined : theirs[0]?.[attribute]) ?? 0);
  const readFile = (path: string): string | undefined => {
    try {
      return readFileSync(here(path), 'utf8');
    } catch {
      return undefined;
    }
  };
  try {
    const { cluster, procs } = parseSubmit(readFileSync(join(submitFolder, file), 'utf8'), {
      file,
      owner: 'root',
      directory: folderInside,
      // The day and programs of the system are those of the moment and the machine that answered.
      now: told('qdate'),
      timeZone: 'UTC',
      environment: {},
      random: () => 0,
      readFile,
      listFiles: (pattern) =>
        globSync(pattern, { cwd: submitFolder }).map((name) =>
          statSync(join(submitFolder, name)).isDirectory() ? `${name}/` : name,
        ),
      sizeOf: (path) => (path.startsWith('/bin/') ? told('executablesize') * 1024 : sizeOfPath(here(path))),
    });
    return procs.map(({ attributes }, proc) => {
      const texts = substituteCluster({ ...cluster, ...attributes, ClusterId: '1', ProcId: String(proc) }, 1);
      return textsOf(ClassAd.fromTexts(texts));
    });
  } catch (error) {
    return `refused: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** A path of the folder inside as one of this machine. */
function here(path: string): string {
  return resolve(submitFolder, path.startsWith(folderInside) ? `.${path.slice(folderInside.length)}` : path);
}
