import type { Offer, Pool, PoolDemand } from '#backend/pool.ts';
import type { Clock } from '#base/clock.ts';
import { parseDuration } from '#base/duration.ts';
import { describeError } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import { countPhases } from '#fleet/phase.ts';
import type { Decision } from '#pressure/decision.ts';
import { templateOf } from '#pressure/template.ts';
import type { Logger } from '#telemetry/logger.ts';
import { decideSite, type GroupPlan, type Heard } from './decide.ts';
import { LocalGroupState } from './local-group-state.ts';
import type { PilotProcess } from './pilot-process.ts';
import type { LocalGroup } from './site-definition.ts';

/** The shortest time between two decisions, in milliseconds: changes that come together are seen together. */
const settle = 50;

/** Starts a pilot of a group; it calls `onEnd` when it has ended. */
export type StartPilot = (
  group: LocalGroup,
  onEnd: (pilot: PilotProcess, provenDead: boolean) => void,
) => Promise<PilotProcess>;

interface SiteOptions {
  readonly groups: readonly LocalGroup[];
  readonly pool: Pool;
  readonly startPilot: StartPilot;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of each new decision. */
  readonly onPlan: (plan: GroupPlan) => void;
}

/** The loop that turns demand into pilots on this machine: ask, decide, act, again. */
export class Site {
  readonly #options: SiteOptions;
  readonly #states: readonly LocalGroupState[];
  #decisions: ReadonlyMap<string, Decision> = new Map();
  #plans: readonly GroupPlan[] = [];
  #demand: PoolDemand | undefined;
  #unknownSince: number | undefined;
  #wake = new AbortController();

  constructor(options: SiteOptions) {
    this.#options = options;
    this.#states = options.groups.map((group) => new LocalGroupState(group, options.clock));
  }

  get pilots(): readonly PilotProcess[] {
    return this.#states.flatMap((state) => state.living);
  }

  /** Runs until `signal` aborts; pilots are left to the caller then. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const heard = await this.#listen(signal);
      if (signal.aborted) return;
      const site = decideSite(heard, this.#states, this.#decisions, this.#options.clock.monotonic());
      this.#decisions = site.decisions;
      this.#plans = site.groups;
      for (const group of site.groups) await this.#act(group);
      await sleep(this.#options.clock, settle, signal);
    }
  }

  /** Asks the pool; comes back when demand or supply changes, when a pilot ends, or after the policies' interval. */
  async #listen(signal: AbortSignal): Promise<Heard> {
    const { pool, clock, logger } = this.#options;
    try {
      const wake = AbortSignal.any([signal, this.#wake.signal]);
      this.#demand = await pool.demand(this.#offer(), wake);
      await this.#answerFor(this.#demand);
      this.#hear(this.#demand);
      if (this.#demand.known) {
        this.#unknownSince = undefined;
        return { known: true, demand: this.#demand };
      }
      return this.#unknown(this.#demand.reason ?? 'the pool cannot tell yet');
    } catch (error) {
      if (signal.aborted) return this.#unknown('the site ends');
      if (this.#wake.signal.aborted) {
        // A pilot ended: look again at once, with the demand that is known.
        this.#wake = new AbortController();
        if (this.#demand !== undefined) this.#demand = { ...this.#demand, version: -1 };
        return this.#listen(signal);
      }
      logger.debug({ err: error }, 'pool gave no demand');
      await sleep(clock, 500, signal);
      return this.#unknown(describeError(error));
    }
  }

  #unknown(reason: string): Heard {
    const now = this.#options.clock.monotonic();
    this.#unknownSince ??= now;
    return { known: false, reason, forSeconds: (now - this.#unknownSince) / 1000 };
  }

  #offer(): Offer {
    const intervals = this.#states.map(
      ({ group }) => parseDuration(group.policy?.spec.interval ?? '10s') / 1000,
    );
    return {
      groups: this.#states.map((state) => {
        const planned = this.#plans.find((plan) => plan.state === state);
        return {
          name: state.group.name,
          template: templateOf(state.group.spec.pilot),
          wanted: planned?.decision.wanted ?? 0,
          decision: planned?.plan.reason ?? 'Nothing is decided yet',
          limits: planned?.plan.limits ?? [],
          phases: countPhases(state.observe()) as Record<string, number>,
        };
      }),
      pilots: this.pilots.map(({ uid, name, group, everRegistered }) => ({
        uid,
        name,
        group,
        registered: everRegistered,
      })),
      since: this.#demand?.version,
      waitSeconds: Math.min(30, ...intervals),
    };
  }

  #hear(demand: PoolDemand): void {
    const registered = new Map(demand.pilots.map((pilot) => [pilot.uid, pilot.state]));
    for (const state of this.#states) state.hear(registered);
  }

  /** Claims of pilots that this machine does not run any more: an earlier life of this site had them. */
  async #answerFor({ missing }: PoolDemand): Promise<void> {
    const mine = new Set(this.pilots.map(({ uid }) => uid));
    for (const uid of missing) {
      if (!mine.has(uid)) await this.#options.pool.gone(uid, 'the pilot ended with an earlier glidein up');
    }
  }

  async #act(group: GroupPlan): Promise<void> {
    const { pool, startPilot, onPlan, logger } = this.#options;
    const { state, plan } = group;
    onPlan(group);
    for (const { uid, reason } of plan.remove) {
      logger.warn({ pilot: state.get(uid)?.name, reason }, 'pilot past its deadline');
      state.get(uid)?.kill();
    }
    for (const uid of plan.release) {
      await pool
        .drain(uid, 'no waiting job needs this pilot')
        .catch((error: unknown) => logger.warn({ err: error }, 'drain failed'));
    }
    const started = Array.from({ length: plan.create }, () =>
      startPilot(state.group, (pilot, provenDead) => void this.#ended(state, pilot, provenDead)),
    );
    for (const pilot of await Promise.all(started)) state.add(pilot);
  }

  async #ended(state: LocalGroupState, pilot: PilotProcess, provenDead: boolean): Promise<void> {
    const { pool, clock, logger } = this.#options;
    state.ended(pilot);
    const reason = pilot.carrier.state === 'Ended' ? pilot.carrier.reason : 'it ended';
    logger.info({ pilot: pilot.name, reason }, 'pilot ended');
    // Without proof its jobs wait for the lease: two of one job would be worse.
    for (let tries = 0; provenDead && tries < 20; tries += 1) {
      try {
        await pool.gone(pilot.uid, `the pilot ended: ${reason}`);
        break;
      } catch {
        await sleep(clock, 500);
      }
    }
    this.#wake.abort();
  }
}
