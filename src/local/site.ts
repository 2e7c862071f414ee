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

/** How long to wait, in milliseconds, before a pool that gave no answer is asked again, and after a defect here. */
const askAgain = 500;

/** Makes a pilot of a group, not started yet; it calls `onEnd` when it has ended. */
export type MakePilot = (
  group: LocalGroup,
  onEnd: (pilot: PilotProcess, provenDead: boolean) => void,
) => Promise<PilotProcess>;

interface SiteOptions {
  readonly groups: readonly LocalGroup[];
  readonly pool: Pool;
  readonly makePilot: MakePilot;
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
  #version: number | undefined;
  #unknownSince: number | undefined;
  #answersSince: number | undefined;
  /** Something changed here since the pool was last asked. */
  #woken = false;
  #asking: AbortController | undefined;
  readonly #endings = new Set<Promise<void>>();
  /** Pilots that ended and of which something may still run. */
  readonly #unproven = new Map<string, PilotProcess>();

  constructor(options: SiteOptions) {
    this.#options = options;
    this.#states = options.groups.map((group) => new LocalGroupState(group, options.clock));
  }

  get pilots(): readonly PilotProcess[] {
    return this.#states.flatMap((state) => state.living);
  }

  /** Runs until `signal` aborts; pilots are left to the caller then. A defect in one round does not end the loop. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#round(signal);
      } catch (error) {
        logger.error({ err: error }, 'a decision could not be made or carried out');
        await sleep(clock, askAgain, signal);
      }
      await sleep(clock, settle, signal);
    }
  }

  /** Resolves when the pool was told of every pilot that has ended, as far as it listens. */
  async settled(): Promise<void> {
    await Promise.all(this.#endings);
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const heard = await this.#listen(signal);
    if (signal.aborted) return;
    const now = clock.monotonic();
    this.#answersSince = heard.known ? (this.#answersSince ?? now) : undefined;
    const answersFor = this.#answersSince === undefined ? 0 : now - this.#answersSince;
    const site = decideSite(heard, this.#states, this.#decisions, { now, answersFor });
    this.#decisions = site.decisions;
    this.#plans = site.groups;
    for (const group of site.groups) await this.#act(group);
  }

  /** Asks the pool; comes back when demand or supply changes, when a pilot ends, or after the policies' interval. */
  async #listen(signal: AbortSignal): Promise<Heard> {
    for (;;) {
      const asking = new AbortController();
      this.#asking = asking;
      try {
        const demand = await this.#ask(AbortSignal.any([signal, asking.signal]));
        if (!demand.known) return this.#unknown(demand.reason ?? 'the pool cannot tell yet');
        this.#unknownSince = undefined;
        return { known: true, demand };
      } catch (error) {
        if (signal.aborted) return this.#unknown('the site ends');
        // A pilot ended meanwhile: ask again, and this time for an answer at once.
        if (asking.signal.aborted) continue;
        this.#options.logger.debug({ err: error }, 'pool gave no demand');
        await sleep(this.#options.clock, askAgain, signal);
        return this.#unknown(describeError(error));
      }
    }
  }

  async #ask(signal: AbortSignal): Promise<PoolDemand> {
    const since = this.#woken ? undefined : this.#version;
    this.#woken = false;
    const demand = await this.#options.pool.demand(this.#offer(since), signal);
    this.#version = demand.version;
    await this.#answerFor(demand);
    const registered = new Map(demand.pilots.map((pilot) => [pilot.uid, pilot.state]));
    for (const state of this.#states) state.hear(registered);
    return demand;
  }

  #wake(): void {
    this.#woken = true;
    this.#asking?.abort();
  }

  #unknown(reason: string): Heard {
    const now = this.#options.clock.monotonic();
    this.#unknownSince ??= now;
    return { known: false, reason, forSeconds: (now - this.#unknownSince) / 1000 };
  }

  #offer(since: number | undefined): Offer {
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
      since,
      waitSeconds: Math.min(30, ...intervals),
    };
  }

  /** Claims of pilots that this machine does not run any more: they ended just now, or with an earlier life of it. */
  async #answerFor({ missing }: PoolDemand): Promise<void> {
    const mine = new Set(this.pilots.map(({ uid }) => uid));
    for (const uid of missing) {
      if (mine.has(uid)) continue;
      const unproven = this.#unproven.get(uid);
      if (unproven !== undefined && !(await unproven.isProvenDead())) continue;
      this.#unproven.delete(uid);
      await this.#options.pool.gone(uid, 'the pilot ended, and nothing that it started is left');
    }
  }

  async #act({ state, plan, decision }: GroupPlan): Promise<void> {
    const { pool, onPlan, logger } = this.#options;
    onPlan({ state, plan, decision });
    for (const { uid, reason } of plan.remove) {
      logger.warn({ pilot: state.get(uid)?.name, reason }, 'pilot past its deadline');
      state.get(uid)?.kill();
    }
    for (const uid of plan.release) {
      await pool
        .drain(uid, 'no waiting job needs this pilot')
        .catch((error: unknown) => logger.info({ err: error }, 'a pilot could not be asked to leave'));
    }
    await Promise.all(Array.from({ length: plan.create }, () => this.#start(state)));
  }

  /** The group knows the pilot before it starts, so that it is announced when it comes to register. */
  async #start(state: LocalGroupState): Promise<void> {
    const pilot = await this.#options.makePilot(state.group, (ended, provenDead) => {
      const ending = this.#ended(state, ended, provenDead);
      this.#endings.add(ending);
      void ending.finally(() => this.#endings.delete(ending));
    });
    state.add(pilot);
    await pilot.start();
  }

  async #ended(state: LocalGroupState, pilot: PilotProcess, provenDead: boolean): Promise<void> {
    const { pool, logger } = this.#options;
    state.ended(pilot, this.#unknownSince === undefined);
    const reason = pilot.carrier.state === 'Ended' ? pilot.carrier.reason : 'it ended';
    logger.info({ pilot: pilot.name, reason }, 'pilot ended');
    // Without proof its jobs wait for it, or for the lease: two of one job would be worse.
    if (!provenDead) {
      this.#unproven.set(pilot.uid, pilot);
      logger.error({ pilot: pilot.name }, 'a pilot has left processes that do not end');
    } else {
      // A pool that is away asks for it when it is back.
      await pool
        .gone(pilot.uid, `the pilot ended: ${reason}`.slice(0, 1024))
        .catch((error: unknown) => logger.debug({ err: error }, 'pool was not told of a pilot that ended'));
    }
    this.#wake();
  }
}
