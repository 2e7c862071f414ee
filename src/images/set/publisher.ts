import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { makeFolders } from '#base/make-folders.ts';
import { ProcessLock } from '#base/process-lock.ts';
import type { ImageSetSpec } from '#spec/image-set.ts';
import type { CleaningStatus, ImageSetStatus } from '#spec/image-set-status.ts';
import type { Logger } from '#telemetry/logger.ts';
import { checkTag } from './check-tag.ts';
import { clean, unclean } from './clean.ts';
import { entriesOf } from './entries.ts';
import { listTags } from './list-tags.ts';
import { plan } from './plan.ts';
import { Running } from './running.ts';
import { iso } from './schedule.ts';
import { SetState } from './set-state.ts';
import type { SetWork } from './set-work.ts';
import { readStatus, setsIn } from './status-file.ts';
import { StatusWriter } from './status-writer.ts';

export interface PublisherOptions {
  /** The name of the set. */
  readonly name: string;
  /** The directory of images. */
  readonly directory: string;
  /** That of what publishers know. */
  readonly stateDirectory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What all work on the set shares, by what the set says. */
  readonly workOf: (spec: ImageSetSpec, state: SetState) => SetWork;
}

/** Milliseconds for which changes are gathered before the next look at what is due. */
const pause = 50;

/**
 * Keeps a set of images published: looks for what is due, and does it, each image by itself. What it knows is kept in a file beside
 * the images, and what that lacks after a crash is asked for again.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #lock: ProcessLock;
  readonly #state: SetState;
  readonly #running: Running;
  readonly #writer: StatusWriter;
  #cleaning: CleaningStatus | undefined;
  #work: SetWork | undefined;
  #specDigest = '';
  #specProblem: string | undefined;
  #cleanAt = 0;

  private constructor(options: PublisherOptions, lock: ProcessLock, before: ImageSetStatus | undefined) {
    this.#options = options;
    this.#lock = lock;
    this.#state = new SetState(before);
    this.#cleaning = before?.cleaning;
    this.#running = new Running(options.clock, options.logger);
    this.#writer = new StatusWriter({ ...options, file: statusPath(options), status: () => this.status() });
  }

  /** @throws GlideinError Conflict if another process publishes the same set into the same directory */
  static async open(options: PublisherOptions): Promise<Publisher> {
    const { directory, stateDirectory, name } = options;
    await makeFolders(setsIn(stateDirectory));
    const lock = ProcessLock.take(join(setsIn(stateDirectory), `.${name}.lock`));
    if (lock === undefined)
      throw new GlideinError('Conflict', `another process publishes the set ${name} into ${directory}`, {
        cure: 'let one of them publish it',
      });
    return new Publisher(options, lock, await readStatus(statusPath(options)));
  }

  /** Puts a set in force; what is being published goes on as it began. */
  apply(spec: ImageSetSpec, digest: string): void {
    const { clock, workOf } = this.#options;
    this.#work = workOf(spec, this.#state);
    this.#state.adopt(entriesOf(spec), spec.platforms, clock.wall());
    this.#specDigest = digest;
    this.#specProblem = undefined;
    this.#cleanAt = 0;
    this.#writer.changed();
    this.#running.wake();
  }

  /** What has failed is tried again without waiting for its time. */
  retryNow(): void {
    this.#state.retryNow();
    this.#running.wake();
  }

  /** A new specification is wrong; the one before stays in force. */
  refuse(problem: string): void {
    this.#specProblem = problem.slice(0, 2048);
    this.#writer.changed();
  }

  status(): ImageSetStatus {
    const { name, directory, clock } = this.#options;
    return {
      set: name,
      directory,
      specDigest: this.#specDigest,
      ...(this.#specProblem === undefined ? {} : { specProblem: this.#specProblem }),
      writtenAt: iso(clock.wall()),
      ...this.#state.status(),
      ...(this.#cleaning === undefined ? {} : { cleaning: this.#cleaning }),
    };
  }

  /**
   * Works until `signal` aborts.
   * @param isOnce or until nothing is due any more and nothing is being done
   */
  async run(signal: AbortSignal, isOnce = false): Promise<void> {
    while (!signal.aborted) {
      const nextAt = this.#begin(signal);
      if (isOnce && this.#running.count === 0) break;
      await this.#running.change(nextAt - this.#options.clock.wall(), pause, signal);
    }
    await this.#running.all();
    await this.#writer.flush();
  }

  async close(): Promise<void> {
    await this.#writer.flush();
    this.#lock.release();
  }

  /** Begins what is due and not being done. @returns when something else is due, milliseconds since the epoch */
  #begin(signal: AbortSignal): number {
    const work = this.#work;
    const now = this.#options.clock.wall();
    if (work === undefined || work.spec.paused) return now + 3_600_000;
    const { listings, tags, nextAt } = plan(this.#state, now, work.schedule);
    for (const [repository, entries] of listings)
      this.#do(`list ${repository}`, signal, () => listTags(entries, work, signal));
    for (const tag of tags) this.#do(`tag ${tag.reference}`, signal, () => checkTag(tag, work, signal));
    if (this.#cleanAt <= now && this.#do('clean', signal, () => this.#clean(work, signal)))
      this.#cleanAt = now + work.schedule.every;
    // While a clean-up goes on, its end brings the next look.
    return this.#cleanAt > now ? Math.min(nextAt, this.#cleanAt) : nextAt;
  }

  #do(name: string, signal: AbortSignal, work: () => Promise<void>): boolean {
    return this.#running.begin(name, async () => {
      try {
        await work();
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        this.#writer.changed();
      }
    });
  }

  async #clean(work: SetWork, signal: AbortSignal): Promise<void> {
    try {
      this.#cleaning = await clean(work, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#cleaning = unclean(work, error);
      this.#options.logger.error({ err: error }, 'the clean-up failed');
    }
  }
}

const statusPath = ({ stateDirectory, name }: PublisherOptions): string =>
  join(setsIn(stateDirectory), `${name}.json`);
