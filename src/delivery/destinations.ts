import { posix } from 'node:path';
import type { ClassAd } from '#classad/class-ad.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import type { JobFile } from '#wire/file.ts';
import { schemeOf } from '#wire/inputs.ts';
import type { JobView } from '#wire/jobs.ts';
import { readRemaps, remapped } from '#wire/remaps.ts';

/** Where a job's results go on its owner's machine, as its submit file says. */
export interface Destinations {
  /** The directory of the submission; undefined when the job's ad has none. */
  readonly directory: string | undefined;
  /** Absolute paths. */
  readonly files: readonly { readonly path: string; readonly file: JobFile }[];
  readonly folders: readonly string[];
  /** The absolute path of the event log: no result is written to it, under whatever name. */
  readonly log: string | undefined;
  /** Sentences for the owner: which results stay in the pool or get another name, and why. */
  readonly remarks: readonly string[];
}

/** The name of a stream that is not wanted. */
const nowhere = '/dev/null';

/**
 * The destinations of everything that a job left. The names of outputs come from the pilot, so only those count that the
 * submit file asked for; only the submit file may name paths outside the directory.
 */
export function destinationsOf(job: JobView): Destinations {
  const ad = adFromTexts(job.ad);
  const directory = ad.evaluateString('Iwd');
  if (directory === undefined || !posix.isAbsolute(directory))
    return { directory: undefined, files: [], folders: [], log: undefined, remarks: [] };
  const plan = new Plan(job, ad, directory);
  return { directory, ...plan.all() };
}

class Plan {
  readonly #job: JobView;
  readonly #ad: ClassAd;
  readonly #directory: string;
  readonly #isAskedFor: (name: string) => boolean;
  readonly #log: string | undefined;
  readonly #files = new Map<string, JobFile>();
  readonly #remarks: string[] = [];

  constructor(job: JobView, ad: ClassAd, directory: string) {
    this.#job = job;
    this.#ad = ad;
    this.#directory = directory;
    this.#isAskedFor = askedFor(ad);
    const log = ad.evaluateString('UserLog');
    this.#log = log === undefined ? undefined : posix.resolve(directory, log);
  }

  all(): Omit<Destinations, 'directory'> {
    // What goes to a URL does not come back.
    const rules = readRemaps(this.#ad.evaluateString('TransferOutputRemaps') ?? '').filter(
      ({ to }) => schemeOf(to) === undefined,
    );
    const pathOf = (name: string) => posix.resolve(this.#directory, remapped(name, rules));
    const folders: string[] = [];
    for (const file of this.#job.outputs) {
      const path = pathOf(file.name);
      if (this.#isRefused(file.name, path)) continue;
      const before = this.#files.get(path);
      if (before !== undefined)
        this.#remarks.push(
          `${this.#job.id}: ${before.name} stays in the pool: ${file.name} also goes to ${path}`,
        );
      this.#files.set(path, file);
    }
    for (const name of this.#job.folders ?? []) {
      if (!this.#isRefused(name, pathOf(name))) folders.push(pathOf(name));
    }
    this.#stream('Out', this.#job.stdout, 'standard output', 'out');
    this.#stream('Err', this.#job.stderr, 'standard error', 'err');
    const files = [...this.#files].map(([path, file]) => ({ path, file }));
    return { files, folders, log: this.#log, remarks: this.#remarks };
  }

  #isRefused(name: string, path: string): boolean {
    const why = this.#whyNot(name, path);
    if (why !== undefined) this.#remarks.push(`${this.#job.id}: ${name} stays in the pool: ${why}`);
    return why !== undefined;
  }

  #whyNot(name: string, path: string): string | undefined {
    if (!this.#isAskedFor(name)) return 'it is not among the transfer_output_files';
    if (path === this.#log) return 'it has the name of the event log';
    return undefined;
  }

  /** A stream replaces neither a file that the job wrote nor the event log. */
  #stream(attribute: 'Out' | 'Err', file: JobFile | undefined, what: string, ending: string): void {
    const name = this.#ad.evaluateString(attribute) ?? nowhere;
    if (file === undefined || name === nowhere) return;
    const wanted = posix.resolve(this.#directory, name);
    const path = this.#isTaken(wanted) ? this.#free(`${this.#job.id}.${ending}`) : wanted;
    if (path !== wanted) {
      const why = wanted === this.#log ? 'the event log is' : 'the job has another file';
      this.#remarks.push(`${this.#job.id}: ${what} is in ${path}, because ${why} named ${name}`);
    }
    this.#files.set(path, file);
  }

  #isTaken(path: string): boolean {
    return path === this.#log || this.#files.has(path);
  }

  #free(name: string): string {
    const path = posix.join(this.#directory, name);
    let free = path;
    for (let count = 1; this.#isTaken(free); count += 1) free = `${path}.${count}`;
    return free;
  }
}

/** Without `transfer_output_files`: the files at the top of the job's directory. Otherwise what is named, and everything in it. */
function askedFor(ad: ClassAd): (name: string) => boolean {
  const text = ad.evaluateString('TransferOutput');
  if (text === undefined) return (name) => !name.includes('/');
  const keepsFolders = ad.evaluateBoolean('PreserveRelativePaths') === true;
  const named = new Set<string>();
  for (const entry of text.split(',').map((part) => part.trim().replace(/^\/srv(?=\/|$)/, '.'))) {
    const path = posix.normalize(entry).replace(/\/+$/, '');
    // `dir/` asks for the contents of a directory, and only the job knows their names.
    if (entry !== '' && (entry.endsWith('/') || path === '.')) return () => true;
    if (entry !== '') named.add(keepsFolders ? path : posix.basename(path));
  }
  return (name) => parents(name).some((head) => named.has(head));
}

/** `a/b/c`, `a/b`, `a`. */
function parents(name: string): string[] {
  const parts = name.split('/');
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
}
