import { randomUUID } from 'node:crypto';
import { Announcer } from '#backend/announcer.ts';
import { Deaths } from '#backend/deaths.ts';
import type { AnnouncedPilot, Bid, DemandAnswer, Pool } from '#backend/pool.ts';
import { PoolListener } from '#backend/pool-listener.ts';
import type { Clock } from '#base/clock.ts';
import { parseDuration } from '#base/duration.ts';
import { sleep } from '#base/sleep.ts';
import { bidOf } from '#fleet/bid.ts';
import { type CountedDecisions, countDecisions } from '#fleet/counted-decisions.ts';
import { DemandRecord } from '#fleet/pool-demand.ts';
import { preparing } from '#fleet/prepared-images.ts';
import type { Decision } from '#pressure/decision.ts';
import type { Logger } from '#telemetry/logger.ts';
import { LocalGroupState } from './local-group-state.ts';
import type { Machine } from './machine.ts';
import type { PilotProcess } from './pilot-process.ts';
import { blockedOf, type GroupPlan, planSite, supplyHere } from './plan-site.ts';
import { type LocalGroup, siteName } from './site-definition.ts';

/** The shortest time between two decisions, in milliseconds: changes that come together are handled together. */
const settle = 50;

/** How long to wait after an unexpected error, in milliseconds. */
const afterDefect = 500;

/** The name of the only pool here. */
const poolName = 'pool';

/** Creates a pilot of a group without starting it; the pilot calls `onEnd` when it has ended. */
export type MakePilot = (
  group: LocalGroup,
  onEnd: (pilot: PilotProcess, provenDead: boolean) => void,
) => Promise<PilotProcess>;

interface SiteOptions {
  readonly groups: readonly LocalGroup[];
  readonly pool: Pool;
  readonly makePilot: MakePilot;
  /** What all its pilots together may offer. */
  readonly machine: Machine;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Called with each new decision. */
  readonly onPlan: (plan: GroupPlan) => void;
}

/** The loop that turns a pool's demand into pilots on this machine: observe, decide, act, repeat. */
export class Site {
  readonly #options: SiteOptions;
  readonly #states: readonly LocalGroupState[];
  readonly #record: DemandRecord;
  readonly #deaths = new Deaths();
  readonly #listener: PoolListener;
  #counted: CountedDecisions | undefined;
  #plans: readonly GroupPlan[] = [];
  /** Aborted when something has changed since the last decision. */
  #news = new AbortController();
  readonly #unfinished = new Set<Promise<void>>();
  /** Pilots that ended and may have left processes behind. */
  readonly #unproven = new Map<string, PilotProcess>();

  constructor(options: SiteOptions) {
    const { groups, clock, pool } = options;
    this.#options = options;
    this.#record = new DemandRecord(clock);
    this.#states = groups.map((group) => new LocalGroupState(group, clock, () => this.#record.look()));
    const announcer = new Announcer({ session: randomUUID(), living: () => this.#announced(), clock });
    this.#listener = new PoolListener({
      pool: poolName,
      open: async () => pool,
      bid: () => this.#bid(),
      announcer,
      deaths: this.#deaths,
      onAnswer: (answer, { at, freshFor }) => {
        const acknowledgedAt = (uid: string) => announcer.acknowledgedAt(uid);
        this.#record.answered(answer, { askedAt: at, freshFor, acknowledgedAt });
        this.#take(answer);
      },
      onFailure: (error, reason) => {
        options.logger.debug({ err: error }, 'the pool did not answer with its demand');
        this.#record.failed(reason);
        this.#news.abort();
      },
      onDeathTold: (uid, reason) =>
        options.logger.debug({ uid, reason }, 'told the pool that a pilot is dead'),
      onDeathRefused: (uid, error) =>
        options.logger.warn({ uid, err: error }, 'the pool rejects the report that a pilot is dead'),
      onAnnouncementRejected: (error) =>
        options.logger.warn({ err: error }, 'the pool rejects an announcement of pilots'),
      clock,
      random: options.random,
    });
  }

  get pilots(): readonly PilotProcess[] {
    return this.#states.flatMap((state) => state.living);
  }

  /** Runs until `signal` aborts; the pilots are then left to the caller. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#listener.run(signal), this.#decideAll(signal)]);
  }

  /** Resolves when the pool has been told of every pilot that has ended, if it can be reached. */
  async settled(): Promise<void> {
    await Promise.all(this.#unfinished);
    await this.#listener
      .tellDeaths()
      .catch((error: unknown) =>
        this.#options.logger.debug({ err: error }, 'the pool was not told of all deaths'),
      );
  }

  /** An error in one round does not end the loop. */
  async #decideAll(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!signal.aborted) {
      const news = this.#news.signal;
      await sleep(clock, this.#interval(), AbortSignal.any([signal, news]));
      if (signal.aborted) return;
      // Changes from here on are for the next decision.
      this.#news = new AbortController();
      try {
        await this.#round(signal);
      } catch (error) {
        logger.error({ err: error }, 'a decision failed');
        await sleep(clock, afterDefect, signal);
      }
      await sleep(clock, settle, signal);
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const demand = this.#record.look();
    const now = this.#options.clock.monotonic();
    const previous = this.#counted?.decisions ?? new Map<string, Decision>();
    const site = planSite(demand, this.#states, previous, now, this.#options.machine);
    this.#counted = countDecisions(this.#counted, site.decisions, now, this.#interval());
    this.#plans = site.groups;
    for (const group of site.groups) await this.#act(group, signal);
  }

  #take(answer: DemandAnswer): void {
    for (const state of this.#states) state.noteRegistered();
    this.#deaths.askAgain(answer.missing);
    this.#keep(this.#answerFor(answer.missing));
    this.#listener.wake();
    this.#news.abort();
  }

  /** The shortest interval of all policies, in milliseconds. */
  #interval(): number {
    const intervals = this.#states.map(({ group }) => parseDuration(group.policy?.spec.interval ?? '10s'));
    return Math.min(30_000, ...intervals);
  }

  #bid(): Omit<Bid, 'ask' | 'since'> {
    const groups = this.#states.map((state) => {
      const planned = this.#plans.find((plan) => plan.state === state);
      return {
        supply: supplyHere(state),
        policy: state.group.policy,
        pilots: state.observe(),
        decided: planned && { ...planned.plan, wanted: planned.decision.wanted },
        blocked: planned && blockedOf(planned, this.#options.machine),
      };
    });
    const view = { demand: this.#record.look(), site: siteName };
    return { ...bidOf(groups, view), waitSeconds: this.#interval() / 1000 };
  }

  #announced(): AnnouncedPilot[] {
    return this.pilots.map(({ uid, name, group, everRegistered }) => ({
      uid,
      name,
      group,
      registered: everRegistered,
    }));
  }

  /** Answers for pilots that this machine no longer runs: they ended a moment ago, or with an earlier life of it. */
  async #answerFor(missing: readonly string[]): Promise<void> {
    const mine = new Set(this.pilots.map(({ uid }) => uid));
    for (const uid of missing) {
      if (mine.has(uid) || this.#deaths.isKnown(uid)) continue;
      const unproven = this.#unproven.get(uid);
      if (unproven !== undefined && !(await unproven.isProvenDead())) continue;
      this.#unproven.delete(uid);
      this.#deaths.note(uid, poolName, 'the pilot ended and left no process behind');
      this.#listener.wake();
    }
  }

  /** Work outside the loop that the end of the site waits for. */
  #keep(work: Promise<void>): void {
    const kept: Promise<void> = work
      .catch((error: unknown) =>
        this.#options.logger.error({ err: error }, 'cannot handle the end of a pilot'),
      )
      .finally(() => this.#unfinished.delete(kept));
    this.#unfinished.add(kept);
  }

  async #act({ state, plan, decision }: GroupPlan, signal: AbortSignal): Promise<void> {
    const { pool, onPlan, logger } = this.#options;
    onPlan({ state, plan, decision });
    for (const { uid, reason } of plan.remove) {
      logger.warn({ pilot: state.get(uid)?.name, reason }, 'killing a pilot that missed its deadline');
      state.get(uid)?.kill();
    }
    for (const uid of plan.release) {
      await pool
        .drain(uid, 'no waiting job needs this pilot', signal)
        .catch((error: unknown) => logger.info({ err: error }, 'cannot ask a pilot to leave'));
    }
    await Promise.all(Array.from({ length: plan.create }, () => this.#start(state, decision.images)));
  }

  /** The group knows the pilot before it starts, so that it is announced before it registers. */
  async #start(state: LocalGroupState, images: readonly string[] | undefined): Promise<void> {
    const { spec } = state.group;
    const group = { ...state.group, spec: { ...spec, pilot: preparing(spec.pilot, images) } };
    const pilot = await this.#options.makePilot(group, (ended, provenDead) =>
      this.#ended(state, ended, provenDead),
    );
    state.add(pilot);
    this.#listener.wake();
    await pilot.start();
  }

  #ended(state: LocalGroupState, pilot: PilotProcess, provenDead: boolean): void {
    const { logger } = this.#options;
    state.ended(pilot, this.#record.look().known);
    const reason = pilot.runtime.state === 'Ended' ? pilot.runtime.reason : 'it ended';
    logger.info({ pilot: pilot.name, reason }, 'pilot ended');
    // Without proof its jobs wait for it, or for the lease: running a job twice would be worse.
    if (provenDead) this.#deaths.note(pilot.uid, poolName, `the pilot ended: ${reason}`);
    else {
      this.#unproven.set(pilot.uid, pilot);
      logger.error({ pilot: pilot.name }, 'a pilot left processes behind that cannot be killed');
    }
    this.#listener.wake();
    this.#news.abort();
  }
}
