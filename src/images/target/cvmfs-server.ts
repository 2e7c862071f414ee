import { execFile } from 'node:child_process';
import { GlideinError } from '#base/error.ts';

/** What `cvmfs_server` says when there is nothing to abort. */
const noTransaction = /is not in a transaction/;

/** Milliseconds that it may take to begin or to give up a transaction, and to publish one: some images have a million files. */
const limits = { transaction: 600_000, abort: 600_000, publish: 6 * 3_600_000 };

export interface CvmfsServerOptions {
  /** The path of `cvmfs_server`. */
  readonly program: string;
  /** The repository's full name, such as `images.example.org`. */
  readonly repository: string;
  /** The path below the repository for which a gateway grants a lease; empty for all of it. */
  readonly below: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The commands of CernVM-FS for a transaction of a repository, on its release manager machine or on a publisher with a gateway. */
export class CvmfsServer {
  readonly #options: CvmfsServerOptions;

  constructor(options: CvmfsServerOptions) {
    this.#options = options;
  }

  /** @throws GlideinError Unavailable also while somebody else has a transaction open, or a lease on the path */
  async transaction(): Promise<void> {
    const { repository, below } = this.#options;
    // Without a gateway, the path below the repository means nothing.
    await this.#require('transaction', [below === '' ? repository : `${repository}/${below}`]);
  }

  async publish(): Promise<void> {
    await this.#require('publish', [this.#options.repository]);
  }

  /** Gives up all changes of the transaction, without asking; does nothing if there is none. */
  async abort(): Promise<void> {
    await this.#require('abort', ['-f', this.#options.repository], noTransaction);
  }

  async #require(command: keyof typeof limits, words: readonly string[], fine?: RegExp): Promise<void> {
    const said = await this.#run(command, words);
    if (said === undefined || fine?.test(said) === true) return;
    throw new GlideinError(
      'Unavailable',
      `cvmfs_server ${command} ${words.join(' ')} failed: ${said.trim().slice(-500)}`,
    );
  }

  /** @returns undefined when it has worked, and otherwise what it has said */
  #run(command: keyof typeof limits, words: readonly string[]): Promise<string | undefined> {
    const { program, environment } = this.#options;
    // It refuses to publish while a process has its working directory in the repository.
    const options = { cwd: '/', env: environment, timeout: limits[command], maxBuffer: 16 * 2 ** 20 };
    return new Promise((resolve) => {
      execFile(program, [command, ...words], options, (error, stdout, stderr) =>
        resolve(error === null ? undefined : `${stdout}\n${stderr}`.trim() || error.message),
      );
    });
  }
}
