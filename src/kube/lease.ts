import type { Clock, Timer } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { KubeClient } from './client.ts';
import { isAlreadyExists, isConflict } from './kube-error.ts';
import { decide, type Observation, observe } from './lease-decision.ts';
import { microTime } from './micro-time.ts';
import type { ObjectKey } from './object.ts';
import { type Lease, leases } from './resource.ts';
import { watchdog } from './watchdog.ts';

export interface LeaderElectionOptions {
  readonly client: KubeClient;
  readonly lease: ObjectKey;
  /** Unlike that of any other process that ever ran: pod name plus a random text. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Others wait so long after our last sign of life, milliseconds. Whole seconds. Default 15,000. */
  readonly durationMs?: number;
  /** We stop so long after sending our last renewal that worked. Default 10,000; must be below the duration. */
  readonly renewDeadlineMs?: number;
  /** Time between tries. Default 2,000. */
  readonly retryMs?: number;
}

/**
 * The time in which this process alone may act.
 *
 * **Gotchas.** It is over when `holds` says so, also if `signal` has not fired: a process that was stopped, or whose event
 * loop was busy, wakes up long after. Even so a write may reach the API server when another leads, since writes cannot be
 * fenced: numbers of pods are reserved before, and deletions name the version that was looked at.
 */
export interface Leadership {
  /** Aborts when the lease is lost or was released. */
  readonly signal: AbortSignal;
  /** Whether it holds at this instant, also when the event loop was too busy for `signal` to abort in time. */
  holds(): boolean;
  /** Gives the lease back, so that another need not wait. Call it when nothing acts any more. Never throws. */
  release(): Promise<void>;
}

/**
 * Leader election by a Lease object: of all processes that use the same lease, at most one leads at a time.
 *
 * The leader counts its time from *sending* a renewal, the others from *seeing* it, so the leader's time is over
 * first. A write that arrives late fails, because it names the version that it was made from.
 */
export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #durationMs: number;
  readonly #deadlineMs: number;
  readonly #retryMs: number;
  #seen: Observation | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#durationMs = options.durationMs ?? 15_000;
    this.#deadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryMs = options.retryMs ?? 2_000;
    if (this.#deadlineMs >= this.#durationMs || this.#durationMs % 1000 !== 0) {
      throw new GlideinError('InvalidArgument', 'The lease would end before its holder stops', {
        cure: 'make the duration whole seconds, and longer than the renew deadline',
      });
    }
  }

  /** Waits until this process leads; through every failure. @throws the reason of `signal` alone. */
  async acquire(signal: AbortSignal): Promise<Leadership> {
    for (;;) {
      const sent = await this.#try(signal);
      signal.throwIfAborted();
      if (sent !== undefined) return this.#lead(sent);
      await this.#pause(signal);
      signal.throwIfAborted();
    }
  }

  #lead(sent: number): Leadership {
    const { clock, logger, lease } = this.#options;
    const over = new AbortController();
    let until = sent + this.#deadlineMs;
    const lose = () => {
      logger.warn({ lease: lease.name }, 'leadership lost');
      over.abort(new GlideinError('Unavailable', 'the lease was lost'));
    };
    let timer: Timer = clock.after(Math.max(0, until - clock.monotonic()), lose);
    const renewed = (at: number) => {
      timer.cancel();
      until = at + this.#deadlineMs;
      timer = clock.after(Math.max(0, until - clock.monotonic()), lose);
    };
    logger.info({ lease: lease.name }, 'leading');
    const renewing = this.#renew(over.signal, renewed, lose).finally(() => timer.cancel());
    return {
      signal: over.signal,
      holds: () => !over.signal.aborted && clock.monotonic() < until,
      release: async () => {
        const held = !over.signal.aborted;
        over.abort(new GlideinError('Unavailable', 'the lease was released'));
        await renewing;
        if (held) await this.#giveBack();
      },
    };
  }

  async #renew(over: AbortSignal, renewed: (at: number) => void, lose: () => void): Promise<void> {
    while (!over.aborted) {
      await this.#pause(over);
      if (over.aborted) return;
      const sent = await this.#try(over);
      if (over.aborted) return;
      if (sent !== undefined) renewed(sent);
      else if (this.#isTaken()) lose();
    }
  }

  /** When (monotonic) the write was sent that makes or keeps us the leader; nothing when there was none. */
  async #try(signal: AbortSignal): Promise<number | undefined> {
    const { clock, logger, lease } = this.#options;
    const limit = this.#deadlineMs / 2;
    const guard = watchdog({ clock, signal, silenceMs: limit, wholeMs: limit });
    try {
      return await this.#write(guard.signal);
    } catch (error) {
      const beaten = isConflict(error) || isAlreadyExists(error);
      if (!signal.aborted && !beaten) {
        logger.warn({ lease: lease.name, err: error }, 'the lease could not be written');
      }
      return undefined;
    } finally {
      guard.end();
    }
  }

  async #write(signal: AbortSignal): Promise<number | undefined> {
    const { client, clock, identity, lease: key } = this.#options;
    const found = await client.find(leases, key, signal);
    this.#seen = observe(this.#seen, found, clock.monotonic());
    const action = decide(this.#seen, identity, clock.monotonic());
    if (action === 'wait') return undefined;
    const sent = clock.monotonic();
    const spec = this.#spec(found, action !== 'renew');
    const written =
      found === undefined
        ? await client.create(leases, { metadata: key, spec }, signal)
        : await client.mergePatch(leases, key, { metadata: versionOf(found), spec }, signal);
    this.#seen = observe(this.#seen, written, clock.monotonic());
    return sent;
  }

  #spec(found: Lease | undefined, isNew: boolean) {
    const now = microTime(this.#options.clock.wall());
    const transitions = found?.spec?.leaseTransitions ?? -1;
    return {
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: this.#durationMs / 1000,
      renewTime: now,
      ...(isNew ? { acquireTime: now, leaseTransitions: transitions + 1 } : {}),
    };
  }

  #isTaken(): boolean {
    return this.#seen?.lease?.spec?.holderIdentity !== this.#options.identity;
  }

  async #giveBack(): Promise<void> {
    const { client, clock, logger, lease: key } = this.#options;
    const limit = this.#deadlineMs / 2;
    const guard = watchdog({ clock, signal: new AbortController().signal, silenceMs: limit, wholeMs: limit });
    try {
      const found = await client.get(leases, key, guard.signal);
      if (found.spec?.holderIdentity !== this.#options.identity) return;
      const spec = { holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(clock.wall()) };
      await client.mergePatch(leases, key, { metadata: versionOf(found), spec }, guard.signal);
    } catch (error) {
      logger.warn(
        { lease: key.name, err: error },
        'the lease could not be given back; others wait for its end',
      );
    } finally {
      guard.end();
    }
  }

  #pause(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    return sleep(clock, this.#retryMs * (1 + random() / 5), signal);
  }
}

function versionOf(lease: Lease): { readonly resourceVersion: string | undefined } {
  return { resourceVersion: lease.metadata.resourceVersion };
}
