import { execFile } from 'node:child_process';
import { cpSync, globSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ClassAd } from '#classad/class-ad.ts';
import { parseOldAd } from '#classad/parser.ts';
import { printExpression } from '#classad/print.ts';
import { substituteCluster } from '#submit/language/cluster-number.ts';
import { parseSubmit, type SubmitDescription } from '#submit/parse-submit.ts';
import { chrooted } from '../../hack/htcondor/chrooted.mjs';
import { sizeOfPath } from '../../src/cli/submit/regular-file.ts';

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

/** How many condor_submit run at once. */
const atOnce = 4;

/**
 * What `condor_submit -dry-run` makes of each file; a text says why it refused one.
 * @param folder the files lie in, with all that they name
 * @param macrosOf what the command line defines, as NAME=VALUE
 */
export async function theirAds(
  root: string,
  files: readonly string[],
  folder: string = submitFolder,
  macrosOf: (file: string) => readonly string[] = () => [],
): Promise<Map<string, JobAds | string>> {
  const work = await mkdtemp(join(root, `${folderInside}-`));
  const inside = `${work.slice(root.length)}/jobs`;
  try {
    cpSync(folder, join(work, 'jobs'), { recursive: true });
    const answers = new Map<string, JobAds | string>();
    const left = files.values();
    const ask = async (): Promise<void> => {
      for (const file of left) answers.set(file, await dryRun(root, inside, [...macrosOf(file), file]));
    };
    await Promise.all(Array.from({ length: atOnce }, ask));
    return answers;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function dryRun(root: string, folder: string, words: readonly string[]): Promise<JobAds | string> {
  const { command, args, env } = chrooted(root, ['condor_submit', '-dry-run', '-', ...words], folder);
  try {
    const { stdout } = await run(command, args, { env });
    return adsOf(stdout.replaceAll(folder, folderInside));
  } catch (error) {
    const { stderr, code } = error as { stderr?: string; code?: unknown };
    // Nobody was asked when condor_submit did not run.
    if (code !== 1 || stderr === undefined) throw error;
    return `refused: ${stderr}`;
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
export function ourAds(
  file: string,
  theirs: JobAds | string,
  folder: string = submitFolder,
  macros: readonly string[] = [],
): JobAds | string {
  try {
    const { cluster, procs } = ourDescription(file, theirs, folder, macros);
    return procs.map(({ attributes }, proc) => {
      const texts = substituteCluster({ ...cluster, ...attributes, ClusterId: '1', ProcId: String(proc) }, 1);
      return textsOf(ClassAd.fromTexts(texts));
    });
  } catch (error) {
    return `refused: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** @throws GlideinError for a file that is refused */
export function ourDescription(
  file: string,
  theirs: JobAds | string,
  folder: string,
  macros: readonly string[],
): SubmitDescription {
  const told = (attribute: string): number =>
    Number((typeof theirs === 'string' ? undefined : theirs[0]?.[attribute]) ?? 0);
  /** A path of the folder inside as one of this machine. */
  const here = (path: string): string =>
    resolve(folder, path.startsWith(folderInside) ? `.${path.slice(folderInside.length)}` : path);
  const readFile = (path: string): string | undefined => {
    try {
      return readFileSync(here(path), 'utf8');
    } catch {
      return undefined;
    }
  };
  const text = readFileSync(join(folder, file), 'utf8');
  return parseSubmit(text, {
    file,
    commandLine: { macros, append: [] },
    owner: 'root',
    directory: folderInside,
    // The day and programs of the system are those of the moment and the machine that answered.
    now: told('qdate'),
    timeZone: 'UTC',
    environment: chrooted('/', []).env,
    random: () => 0,
    readFile,
    listFiles: (pattern) =>
      globSync(pattern, { cwd: folder }).map((name) =>
        statSync(join(folder, name)).isDirectory() ? `${name}/` : name,
      ),
    sizeOf: (path) =>
      /^(\/usr)?\/bin\//.test(path) ? told('executablesize') * 1024 : sizeOfPath(here(path)),
  });
}
