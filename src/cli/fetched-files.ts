import { adFromTexts } from '#wire/ad-texts.ts';
import { type JobFile, relativePath } from '#wire/file.ts';
import type { JobView } from '#wire/jobs.ts';

/** Files under their local names, and remarks on those that could not keep their own name. */
export interface FetchedFiles {
  readonly files: readonly JobFile[];
  readonly remarks: readonly string[];
}

/** What a job brought back. Streams get the names in the submit file, but never replace another file. */
export function fetchedFiles(job: JobView): FetchedFiles {
  const ad = adFromTexts(job.ad);
  const files = [...job.outputs];
  const remarks: string[] = [];
  const add = (file: JobFile | undefined, attribute: string, what: string, fallback: string) => {
    if (file === undefined) return;
    const wanted = nameIn(ad.evaluateString(attribute), fallback);
    const name = isTaken(wanted, files, job.folders) ? free(fallback, files, job.folders) : wanted;
    if (name !== wanted) {
      remarks.push(`${job.id}: ${what} is in ${name}, because the job has another file named ${wanted}`);
    }
    files.push({ ...file, name });
  };
  add(job.stdout, 'Out', 'standard output', `${job.id}.out`);
  add(job.stderr, 'Err', 'standard error', `${job.id}.err`);
  return { files, remarks };
}

/** By a file, or by a folder that holds one. */
const isTaken = (name: string, files: readonly JobFile[], folders: readonly string[] = []): boolean =>
  [...files.map((file) => file.name), ...folders].some(
    (taken) => taken === name || taken.startsWith(`${name}/`),
  );

function free(name: string, files: readonly JobFile[], folders: readonly string[] | undefined): string {
  let candidate = name;
  for (let count = 1; isTaken(candidate, files, folders); count += 1) candidate = `${name}.${count}`;
  return candidate;
}

/** The last part of the name in the submit file, so that nothing lands outside the target directory. */
export function nameIn(given: string | undefined, fallback: string): string {
  const last = given === '/dev/null' ? undefined : given?.split('/').at(-1);
  return last !== undefined && relativePath.safeParse(last).success ? last : fallback;
}

/** What the owner of a job must know about its files, one sentence each: what was truncated, and what did not come back. */
export function remarks(job: JobView): string[] {
  return [
    ...cut(job, 'stdout', 'standard output'),
    ...cut(job, 'stderr', 'standard error'),
    ...(job.left ?? []).map(({ name, reason }) => `${job.id}: ${name} did not come back: ${reason}`),
  ];
}

function cut(job: JobView, stream: 'stdout' | 'stderr', what: string): string[] {
  const { size, printed } = job[stream] ?? {};
  if (printed === undefined) return [];
  return [
    `${job.id}: ${what} was truncated: ${printed} bytes were printed and ${size} came back, the beginning and the end`,
  ];
}
