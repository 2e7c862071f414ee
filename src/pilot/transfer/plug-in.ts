import { constants } from 'node:fs';
import { mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, GlideinError } from '#base/error.ts';
import { ownerOf } from '#base/process-owner.ts';
import { shownUrl } from '#wire/inputs.ts';
import {
  type PlugInAnswer,
  type PlugInCapabilities,
  type PlugInTransfer,
  readAnswers,
  readCapabilities,
  writeQuestion,
} from './plug-in-answers.ts';
import { crashed, failureOf } from './plug-in-failure.ts';
import { type PlugInCall, type PlugInEnd, type PlugInWorld, runPlugIn } from './plug-in-run.ts';
import { inSeveralTries, type Tries } from './several-tries.ts';
import { withinLimit } from './within-limit.ts';

/** What a plug-in is told of the job, as HTCondor does: paths of files that payloads cannot change. */
export interface PlugInJob {
  /** No payload sees it: each run gets a folder there. */
  readonly directory: string;
  /** Variables such as `_CONDOR_JOB_AD` and `X509_USER_PROXY`. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Where files go, and the most bytes that they may have here. */
interface Way {
  readonly to: 'here' | 'there';
  readonly most?: PlugInCall['most'];
}

/** Variables of the pilot that plug-ins get, if it has them: proxies, and where authorities are. */
const passedOn = /^(https?_proxy|no_proxy|ssl_cert_(file|dir)|x509_cert_dir)$/i;

const path = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';

/** Bytes of an answer, or of what a plug-in printed, that are read. */
const mostRead = 2 ** 20;

/** Characters of what it printed that are shown. */
const shown = 400;

/** Milliseconds in which a plug-in must say what it can do. */
const answerLimit = 20_000;

export interface PlugInOptions extends PlugInWorld, Tries {
  /** Where proxies and authorities are found. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * A program that speaks HTCondor's protocol of file transfer plug-ins.
 *
 * **Gotchas.** It runs as the pilot's user, outside of all containers. Whoever chose it is trusted; whom it talks to is not, nor is the job
 * that names the URLs.
 */
export class PlugIn {
  readonly program: string;
  readonly #capabilities: PlugInCapabilities;
  readonly #options: PlugInOptions;

  constructor(program: string, capabilities: PlugInCapabilities, options: PlugInOptions) {
    this.program = program;
    this.#capabilities = capabilities;
    this.#options = options;
  }

  /**
   * Fetches files. Each path must be new, and in `folder`, where nothing else is.
   * @param most the most bytes that all of them may have
   * @throws UrlFailure of the job or of the way; GlideinError RuntimeFailed if the plug-in itself does not work
   */
  async fetch(
    transfers: readonly PlugInTransfer[],
    folder: string,
    most: number,
    job: PlugInJob,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#transfer(transfers, { to: 'here', most: { folder, bytes: most } }, job, signal);
    for (const transfer of transfers)
      if ((await stat(transfer.path).catch(() => undefined)) === undefined)
        throw crashed(this.program, `it made no file of ${shownUrl(transfer.url)}`);
  }

  /** Sends files. @throws as `fetch` */
  async send(transfers: readonly PlugInTransfer[], job: PlugInJob, signal: AbortSignal): Promise<void> {
    await this.#transfer(transfers, { to: 'there' }, job, signal);
  }

  async #transfer(
    transfers: readonly PlugInTransfer[],
    way: Way,
    job: PlugInJob,
    signal: AbortSignal,
  ): Promise<void> {
    const groups = this.#capabilities.several ? [transfers] : transfers.map((transfer) => [transfer]);
    for (const group of groups) {
      let left: readonly PlugInTransfer[] = group;
      await inSeveralTries(this.#options, signal, async () => {
        const { done, failure } = await this.#try(left, way, job, signal);
        left = left.filter(({ url }) => !done.has(url));
        if (failure === undefined) return;
        // What a try has begun is in the way of the next one.
        if (way.to === 'here') for (const { path } of left) await rm(path, { recursive: true, force: true });
        throw failure;
      });
    }
  }

  /** @returns the URLs that the plug-in says it is done with, and why there are others */
  async #try(
    transfers: readonly PlugInTransfer[],
    way: Way,
    job: PlugInJob,
    signal: AbortSignal,
  ): Promise<{ readonly done: ReadonlySet<string>; readonly failure: Error | undefined }> {
    const directory = await mkdtemp(join(job.directory, 'plug-in-'));
    try {
      const args = await this.#arguments(transfers, way, directory);
      const environment = environmentFor(directory, job, this.#options.environment);
      const call = { program: this.program, args, directory, environment, most: way.most };
      const end = await runPlugIn(call, this.#options, signal);
      const answers = this.#capabilities.several ? await this.#answers(directory, end) : undefined;
      const done = new Set(answers?.flatMap(({ succeeded, url }) => (succeeded && url ? [url] : [])));
      const printed = await tailOf(join(directory, 'stderr'));
      const { limits } = this.#options;
      const outcome = { program: this.program, transfers, end, answers, printed, limits };
      return { done, failure: failureOf(outcome) };
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  async #arguments(transfers: readonly PlugInTransfer[], way: Way, directory: string): Promise<string[]> {
    const [first] = transfers;
    if (!this.#capabilities.several && first !== undefined)
      return way.to === 'here' ? [first.url, first.path] : [first.path, first.url];
    const question = join(directory, 'question');
    await writeFile(question, writeQuestion(transfers), { mode: 0o600 });
    return [
      '-infile',
      question,
      '-outfile',
      join(directory, 'answer'),
      ...(way.to === 'there' ? ['-upload'] : []),
    ];
  }

  /** Without any answer, only its exit code tells how a plug-in fared. */
  async #answers(directory: string, end: PlugInEnd): Promise<PlugInAnswer[]> {
    try {
      return readAnswers(await readSome(join(directory, 'answer')));
    } catch (error) {
      if (end.code !== 0 || end.excess !== undefined) return [];
      throw crashed(this.program, describeError(error));
    }
  }
}

/** A plug-in of the group that works here. */
export interface FoundPlugIn {
  readonly program: string;
  readonly capabilities: PlugInCapabilities;
  /** Those for which the group wants it, and which it supports. */
  readonly schemes: readonly string[];
}

/**
 * Asks a program what it can do.
 * @param directory each run gets a folder there
 * @throws GlideinError RuntimeFailed for a program that does not answer as plug-ins do
 */
export async function askPlugIn(
  program: string,
  directory: string,
  options: PlugInOptions,
  signal: AbortSignal,
): Promise<PlugInCapabilities> {
  const own = await mkdtemp(join(directory, 'plug-in-'));
  try {
    const environment = environmentFor(own, { directory, variables: {} }, options.environment);
    const call = { program, args: ['-classad'], directory: own, environment };
    const late = () =>
      new GlideinError('RuntimeFailed', `it did not answer within ${answerLimit / 1000} seconds`);
    const limit = { clock: options.clock, limit: answerLimit, late };
    const end = await withinLimit(limit, signal, (either) => runPlugIn(call, options, either));
    if (end.excess !== undefined || end.code !== 0) {
      const printed = await tailOf(join(own, 'stderr'));
      const how = `it ended with ${end.signal ?? end.code}`;
      throw new GlideinError('RuntimeFailed', printed === '' ? how : `${how}: ${printed}`);
    }
    return readCapabilities(await readSome(join(own, 'stdout')));
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

const environmentFor = (
  directory: string,
  { variables }: PlugInJob,
  environment: PlugInOptions['environment'],
): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => passedOn.test(entry[0])),
  ),
  ...ownerOf(process.env),
  ...variables,
  PATH: path,
  HOME: directory,
  TMPDIR: directory,
  LC_ALL: 'C.UTF-8',
});

/** Nothing but a file is read, and no link is followed: a plug-in may have been led astray. */
async function readSome(file: string, from: (size: number) => number = () => 0): Promise<string> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(mostRead), 0, mostRead, from(size));
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The last words, in one line. */
async function tailOf(file: string): Promise<string> {
  const text = await readSome(file, (size) => Math.max(0, size - 4 * shown)).catch(() => '');
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(-shown);
}
