import type { Clock, Timer } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { KubeClient } from './client.ts';
import { isAlreadyExists, isConflict } from './kube-error.ts';
import { leaseAction, noteVersion, type SeenLease } from './lease-decision.ts';
import { microTime, type ObjectKey } from './object.ts';
import { type Lease, leases } from './resource.ts';
import { watchdog } from './watchdog.ts';

export interface LeaderElectionOptions {
  readonly client: KubeClient;
  readonly lease: ObjectKey;
  /**
   * Different from that of any other process that ever ran: the pod's name and a random text. Processes of which another lease lets
   * only one lead may share an identity; who is next among them need not wait.
   */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Milliseconds that others wait after the leader's last renewal. Whole seconds. Default: 15,000. */
  readonly durationMs?: number;
  /** Milliseconds after sending its last successful renewal that the leader stops. Default: 10,000; less than the duration. */
  readonly renewDeadlineMs?: number;
  /** Milliseconds between tries. Default: 2,000. */
  readonly retryMs?: number;
  /** Told at each try who else holds the lease. */
  readonly onWait?: (holder: string) => void;
}

/**
 * A term in which only this process may act.
 *
 * **Gotchas.** It is over when `holds` says so, even if `signal` has not fired: a process that was stopped, or whose event
 * loop was busy, may wake up much later. Even then a write may reach the API server while another process leads, because
 * writes cannot be fenced. So numbers of pods are reserved beforehand, and deletions name the version they were decided on.
 */
export interface Leadership {
  /** Aborts when the lease is lost or released. */
  readonly signal: AbortSignal;
  /** Whether it holds at this instant, even if the event loop was too busy for `signal` to abort in time. */
  holds(): boolean;
  /** Releases the lease, so that others need not wait. Call it when nothing acts any more. Never throws. */
  release(): Promise<void>;
}

export interface HeldLease extends Leadership {
  /** Ends renewing, but releases nothing: it holds until its time is over, and others wait until the lease has expired. */
  keep(): Promise<void>;
}

/**
 * Leader election with a Lease object: of all processes that use the same lease, at most one leads at a time.
 *
 * The leader counts its time from *sending* a renewal, the others from *seeing* it, so the leader's time is over first. A
 * write of the lease that arrives late fails, because it names the version that it is based on.
 */
export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #durationMs: number;
  readonly #deadlineMs: number;
  readonly #retryMs: number;
  #seen: SeenLease | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#durationMs = options.durationMs ?? 15_000;
    this.#deadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryMs = options.retryMs ?? 2_000;
    if (this.#deadlineMs >= this.#durationMs || this.#durationMs % 1000 !== 0) {
      throw new GlideinError('InvalidArgument', 'the lease would expire before its holder stops', {
        cure: 'set the duration to whole seconds, and to more than the renew deadline',
      });
    }
  }

  /** Waits until this process leads, whatever fails. @throws only the reason of `signal` */
  async acquire(signal: AbortSignal): Promise<HeldLease> {
    for (;;) {
      const sent = await this.#try(signal);
      signal.throwIfAborted();
      if (sent !== undefined) return this.#lead(sent);
      await this.#pause(signal);
      signal.throwIfAborted();
    }
  }

  #lead(sent: number): HeldLease {
    const { clock, logger, lease } = this.#options;
    const over = new AbortController();
    const ending = new AbortController();
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
    const leaving = AbortSignal.any([over.signal, ending.signal]);
    const renewing = this.#renew(leaving, renewed, lose).finally(() => timer.cancel());
    return {
      signal: over.signal,
      holds: () => !over.signal.aborted && clock.monotonic() < until,
      keep: async () => {
        ending.abort();
        await renewing;
      },
      release: async () => {
        const held = !over.signal.aborted;
        over.abort(new GlideinError('Unavailable', 'the lease was released'));
        await renewing;
        if (held) await this.#writeRelease();
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

  /** Tries to get or keep the lease. @returns when the successful write was sent (monotonic); undefined: there was none */
  async #try(signal: AbortSignal): Promise<number | undefined> {
    const { clock, logger, lease } = this.#options;
    const limit = this.#deadlineMs / 2;
    const guard = watchdog({ clock, signal, silenceMs: limit, wholeMs: limit });
    try {
      return await this.#write(guard.signal);
    } catch (error) {
      const beaten = isConflict(error) || isAlreadyExists(error);
      if (!signal.aborted && !beaten) {
        logger.warn({ lease: lease.name, err: error }, 'cannot write the lease');
      }
      return undefined;
    } finally {
      guard.end();
    }
  }

  async #write(signal: AbortSignal): Promise<number | undefined> {
    const { client, clock, identity, lease: key } = this.#options;
    const found = await client.find(leases, key, signal);
    this.#seen = noteVersion(this.#seen, found, clock.monotonic());
    const action = leaseAction(this.#seen, identity, clock.monotonic());
    if (action === 'wait') {
      this.#options.onWait?.(found?.spec?.holderIdentity ?? '');
      return undefined;
    }
    const sent = clock.monotonic();
    const spec = this.#spec(found, action !== 'renew');
    const written =
      found === undefined
        ? await client.create(leases, { metadata: key, spec }, signal)
        : await client.mergePatch(leases, key, { metadata: versionOf(found), spec }, signal);
    this.#seen = noteVersion(this.#seen, written, clock.monotonic());
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

  async #writeRelease(): Promise<void> {
    const { client, clock, logger, lease: key } = this.#options;
    const limit = this.#deadlineMs / 2;
    const guard = watchdog({ clock, signal: new AbortController().signal, silenceMs: limit, wholeMs: limit });
    try {
      const found = await client.find(leases, key, guard.signal);
      // It goes with its namespace.
      if (found?.spec?.holderIdentity !== this.#options.identity) return;
      const spec = { holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(clock.wall()) };
      await client.mergePatch(leases, key, { metadata: versionOf(found), spec }, guard.signal);
    } catch (error) {
      logger.warn({ lease: key.name, err: error }, 'cannot release the lease; others wait until it expires');
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
