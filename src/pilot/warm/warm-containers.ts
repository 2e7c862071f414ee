import type { Clock, Timer } from '#base/clock.ts';
import { describeError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Mount } from '../runtime/mounts.ts';
import { canBeShared } from './mounts.ts';
import type { WarmContainer } from './warm-container.ts';

/** The attributes of the slot that say how many containers are warm and, if one cannot be had, why. */
export interface WarmAttributes {
  readonly WarmContainers: number;
  readonly WarmContainersReason?: string;
}

/** The container that a payload needs. */
export interface Wanted {
  /** The directory of its image, with all links followed. */
  readonly image: string;
  /** What the group mounts into it. */
  readonly mounts: readonly Mount[];
}

const keyOf = ({ image, mounts }: Wanted): string => JSON.stringify([image, mounts]);

export interface WarmContainersOptions {
  /** The most containers that are kept. */
  readonly most: number;
  /** Milliseconds after its last use at which a container ends. */
  readonly idle: number;
  /** Sets up a container. */
  readonly setUp: (wanted: Wanted) => Promise<WarmContainer>;
  /** Says what a container that is set up now would contain. Throws when that cannot be looked at. */
  readonly identityOf: (wanted: Wanted) => Promise<string>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly changed: (attributes: WarmAttributes) => void;
}

/** Milliseconds after which a container that could not be had, or not be entered, is tried again. */
const retry = 60_000;

interface Kept {
  readonly wanted: Wanted;
  readonly identity: string;
  /** What jobs call the image. */
  readonly names: Set<string>;
  usedAt: number;
  /** Resolves when it is known whether it can be had. */
  ready: Promise<WarmContainer | undefined>;
  container: WarmContainer | undefined;
  failure: { readonly reason: string; readonly at: number } | undefined;
}

/**
 * The containers that a pilot keeps warm, one for each image, made when the first payload needs it.
 *
 * | container | event                                                     | next                                     |
 * |-----------|-----------------------------------------------------------|------------------------------------------|
 * | –         | a payload needs its image                                 | being set up; the payload waits          |
 * | set up    | done                                                      | warm                                     |
 * | set up    | impossible                                                | failed: payloads get fresh ones          |
 * | warm      | a payload comes, and the image is still the same          | warm                                     |
 * | warm      | a payload comes, and another image lies there, or none    | closed; a new one for the new image      |
 * | warm      | a job's name for it now means another image               | closed                                   |
 * | warm      | a payload cannot enter                                    | failed: that payload gets a fresh one    |
 * | warm      | its server has died, and its payloads with it              | closed; a new one for the next payload   |
 * | warm      | nobody has come for as long as it may be idle             | closed                                   |
 * | warm      | another image needs one, and this was used longest ago    | closed                                   |
 * | failed    | a minute later                                            | closed: the next payload tries again     |
 */
export class WarmContainers {
  readonly #options: WarmContainersOptions;
  readonly #kept = new Map<string, Kept>();
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: WarmContainersOptions) {
    this.#options = options;
    options.changed(this.attributes);
  }

  /** What the slot says of them. */
  get attributes(): WarmAttributes {
    const all = [...this.#kept.values()];
    const reason = all.findLast(({ failure }) => failure !== undefined)?.failure?.reason;
    const warm = all.filter(({ container }) => container !== undefined).length;
    return { WarmContainers: warm, ...(reason === undefined ? {} : { WarmContainersReason: reason }) };
  }

  /**
   * The warm container for a payload. Undefined: there is none, and the payload gets a fresh one, which also shows what is
   * wrong with the image.
   * @param name what the job calls its image
   */
  async find(wanted: Wanted, name: string): Promise<WarmContainer | undefined> {
    this.#closeMoved(wanted, name);
    if (!canBeShared(wanted.mounts)) return undefined;
    const identity = await this.#options.identityOf(wanted).catch(() => undefined);
    const known = this.#kept.get(keyOf(wanted));
    if (known !== undefined && (known.identity !== identity || known.container?.isUp === false))
      this.#close(known);
    if (identity === undefined || this.#isClosed) return undefined;
    const kept = this.#kept.get(keyOf(wanted)) ?? this.#make(wanted, identity);
    kept.names.add(name);
    kept.usedAt = this.#options.clock.monotonic();
    return await kept.ready;
  }

  /** A payload could not enter it. */
  failed(container: WarmContainer, reason: string): void {
    const kept = [...this.#kept.values()].find((each) => each.container === container);
    if (kept !== undefined) this.#fail(kept, reason);
  }

  /** Ends them all. Payloads that are in them run on. */
  close(): void {
    this.#isClosed = true;
    for (const kept of this.#kept.values()) this.#close(kept);
  }

  /** The link that jobs name was moved to another image. */
  #closeMoved({ image }: Wanted, name: string): void {
    for (const kept of this.#kept.values())
      if (kept.wanted.image !== image && kept.names.has(name)) this.#close(kept);
  }

  #make(wanted: Wanted, identity: string): Kept {
    const { most, clock } = this.#options;
    const longest = [...this.#kept.values()].toSorted((one, other) => one.usedAt - other.usedAt)[0];
    if (longest !== undefined && this.#kept.size >= most) this.#close(longest);
    const kept: Kept = {
      wanted,
      identity,
      names: new Set(),
      usedAt: clock.monotonic(),
      ready: Promise.resolve(undefined),
      container: undefined,
      failure: undefined,
    };
    this.#kept.set(keyOf(wanted), kept);
    kept.ready = this.#setUp(kept);
    return kept;
  }

  async #setUp(kept: Kept): Promise<WarmContainer | undefined> {
    const { setUp, identityOf, clock, logger } = this.#options;
    const { wanted, identity } = kept;
    const begun = clock.monotonic();
    try {
      const container = await setUp(wanted);
      const now = await identityOf(wanted).catch(() => undefined);
      if (now !== identity || this.#kept.get(keyOf(wanted)) !== kept) {
        this.#close(kept);
        container.close();
        return undefined;
      }
      kept.container = container;
      logger.info(
        { image: wanted.image, ms: Math.round(clock.monotonic() - begun) },
        'container is kept warm',
      );
      this.#changed();
      return container;
    } catch (error) {
      this.#fail(kept, describeError(error));
      return undefined;
    }
  }

  #fail(kept: Kept, reason: string): void {
    const { clock, logger } = this.#options;
    const { container } = kept;
    const { image } = kept.wanted;
    logger.warn({ image, reason }, 'no warm container: payloads get fresh ones');
    kept.failure = { reason: truncate(`${image}: ${reason}`, 300), at: clock.monotonic() };
    kept.container = undefined;
    kept.ready = Promise.resolve(undefined);
    container?.close();
    this.#changed();
  }

  #close(kept: Kept): void {
    const key = keyOf(kept.wanted);
    if (this.#kept.get(key) !== kept) return;
    this.#kept.delete(key);
    kept.container?.close();
    this.#changed();
  }

  #changed(): void {
    this.#options.changed(this.attributes);
    this.#schedule();
  }

  #schedule(): void {
    const { clock } = this.#options;
    this.#timer?.cancel();
    const due = Math.min(...[...this.#kept.values()].map((kept) => this.#dueOf(kept)));
    if (!Number.isFinite(due)) return;
    this.#timer = clock.after(Math.max(0, due - clock.monotonic()) + 1, () => this.#closeDue());
  }

  #closeDue(): void {
    const now = this.#options.clock.monotonic();
    for (const kept of this.#kept.values()) if (this.#dueOf(kept) <= now) this.#close(kept);
    this.#schedule();
  }

  /** When it ends if nothing happens before. */
  #dueOf({ container, failure, usedAt }: Kept): number {
    if (failure !== undefined) return failure.at + retry;
    return container === undefined ? Number.POSITIVE_INFINITY : usedAt + this.#options.idle;
  }
}
