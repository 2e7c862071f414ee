import type { Clock, Timer } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { holdCodes } from '#base/hold-codes.ts';
import { truncate } from '#base/truncate.ts';
import { PilotLink, type PilotLinkOptions, type UnreadableClaim } from '#client/pilot-link.ts';
import type { PoolAddress } from '#client/pool-address.ts';
import { PoolClient } from '#client/pool-client.ts';
import { milliseconds } from '#spec/fields.ts';
import { reportTime } from '#spec/lifetimes.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Lack } from '#wire/finding.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { PilotMessage } from '#wire/pilot-messages.ts';
import type { PoolMessage, Start, Welcome } from '#wire/pool-messages.ts';
import { validationsOf } from './judge-node.ts';
import { EndWatch, type EndWatchOptions } from './lifetime/end-watch.ts';
import { Lease, type LeaseEvents } from './lifetime/lease.ts';
import {
  endOf,
  endOfLife,
  type Lifetime,
  type LifetimeEvent,
  type LifetimeLimits,
  limitsOf,
  newLifetime,
  nextLifetime,
  untilNextTick,
} from './lifetime/lifetime.ts';
import { podAge } from './lifetime/pod-age.ts';
import { Deadline } from './payload/claim/deadline.ts';
import type { PayloadPlace } from './payload/claim/discovery.ts';
import type { FaultClass } from './payload/claim/fault-class.ts';
import { payloadContext } from './payload/payload-context.ts';
import { type NewPayload, Payloads } from './payload/payloads.ts';
import { servicesOf } from './pilot-services.ts';
import { clockOffset } from './probe/clock-offset.ts';
import { type Node, probeNode } from './probe/probe-node.ts';
import { helloOf, type PilotState, poolAddress } from './registration.ts';
import { Guardian } from './runtime/guardian.ts';
import type { Services } from './services/services.ts';
import { Advertised } from './slots/advertised.ts';
import { beyondSlot } from './slots/beyond-slot.ts';
import { SlotUpdates } from './slots/slot-updates.ts';
import { type Takeover, takeOver } from './takeover.ts';
import type { Validations } from './validation/validations.ts';
import { keepWarm } from './warm/keep-warm.ts';
import type { WarmContainers } from './warm/warm-containers.ts';

export interface PilotOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Says where apptainer is searched for: PATH, HOME, XDG_CACHE_HOME. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What a pilot is made of besides its order. */
export interface PilotParts {
  readonly node: Node;
  readonly address: PoolAddress;
  readonly guardian: Guardian;
  /** How it connects to its pool; over the network if absent. */
  readonly connect?: PilotLinkOptions['connect'];
  /** What runs its claims; containers if absent. */
  readonly newPayload?: NewPayload;
  /** What counts its lease. */
  readonly lease?: (events: LeaseEvents) => PilotLease;
  /** What finds ends that its order does not know; nothing if absent. */
  readonly ends?: (changed: EndWatchOptions['changed']) => Pick<EndWatch, 'start' | 'stop'>;
  /** Milliseconds that count towards its age although it did not run yet. */
  readonly age?: number;
  /** What it goes on with if it was killed before; it is new if this is absent. */
  readonly takeover?: Takeover;
}

type PilotLease = Pick<Lease, 'held' | 'welcomed' | 'renewed' | 'disconnected' | 'stop'>;

/** Milliseconds that the last results get to reach the pool, once the payloads of an ending pilot are dead. */
const lastResults = 10_000;

/** A day in milliseconds: setTimeout takes no delay longer than 24 days. */
const longestTimer = 86_400_000;

/**
 * A pilot, from its start to its end. This class joins the parts, each of which decides for itself:
 *
 * | a pilot …            | where                                                                                  |
 * |----------------------|----------------------------------------------------------------------------------------|
 * | probes               | `probe/`: what works here; `slots/`: what the node can offer; `validation/`: scripts   |
 * | advertises           | `slots/advertised.ts`: the slot as its parts know it; `slots/slot-updates.ts`: each change |
 * | goes on              | `takeover.ts`: where a process of it was killed                                        |
 * | begins               | `services/`: programs beside payloads, or before them                                  |
 * | registers            | `registration.ts`; `PilotLink` of `src/client` keeps the connection                    |
 * | runs                 | `payload/`: each claim, from its job (`claim/`) by `start/` and `watch/` to its `end/` |
 * | keeps claims         | `lifetime/lease.ts`: as long as the pool takes it for alive                            |
 * | drains, ends, leaves | `lifetime/lifetime.ts`: when, and why                                                  |
 */
export class Pilot {
  readonly #order: PilotOrder;
  readonly #options: PilotOptions;
  /** Parts of the pilot say here what they have found out about the slot. */
  readonly #advertised: Advertised;
  readonly #lacks: readonly Lack[];
  readonly #slotUpdates: SlotUpdates;
  readonly #limits: LifetimeLimits;
  readonly #client: PoolClient;
  readonly #link: PilotLink;
  readonly #lease: PilotLease;
  readonly #payloads: Payloads;
  readonly #services: Services;
  readonly #guardian: Guardian;
  readonly #warm: WarmContainers | undefined;
  readonly #left = new AbortController();
  readonly #process: string;
  readonly #ends: Pick<EndWatch, 'start' | 'stop'> | undefined;
  readonly #payloadsEnd = new Deadline(() => this.#payloadsEndAt());
  /** Monotonic milliseconds at which the payloads of an ending pilot are killed. */
  #killAt: number | undefined;
  #validations: Validations | undefined;
  #connections: number;
  /** Contains the lock of the directory. */
  readonly #takeover: Takeover | undefined;
  #life: Lifetime;
  /** The last one: it says what this pool can do. */
  #welcome: Welcome | undefined;
  #tick: Timer | undefined;
  #deadline: Timer | undefined;

  constructor(order: PilotOrder, options: PilotOptions, parts: PilotParts) {
    const { clock, random, logger } = options;
    const { node, address, guardian, connect, newPayload } = parts;
    const { lease = (events) => new Lease(clock, events) } = parts;
    this.#order = order;
    this.#process = parts.takeover?.process ?? Math.floor(random() * 36 ** 10).toString(36);
    this.#connections = parts.takeover?.connections ?? 0;
    this.#takeover = parts.takeover;
    this.#options = options;
    this.#lacks = node.lacks ?? [];
    this.#advertised = new Advertised(node.slot, () => this.#slotUpdates.changed());
    this.#slotUpdates = new SlotUpdates({
      clock,
      slot: () => this.#advertised.slot,
      send: (slot) => this.#link.send({ type: 'slot', slot }),
    });
    this.#life = newLifetime(clock.monotonic(), parts.age);
    this.#limits = limitsOf(order.spec.lifetimes, random());
    this.#client = new PoolClient(address);
    this.#guardian = guardian;
    this.#lease = lease({
      renew: (sequence) => this.#link.send({ type: 'renew', sequence }),
      unanswered: () => this.#link.reconnect(),
      lost: () => this.#leaseLost(),
    });
    this.#ends = parts.ends?.((source, bound) => this.#bounded({ type: 'bound', source, bound }));
    this.#warm = keepWarm(order, {
      apptainer: node.apptainer,
      guardian,
      clock,
      logger,
      changed: (attributes) => this.#advertised.contribute('warm', { ...attributes }),
    });
    const shared = {
      discover: (place: PayloadPlace) => this.#services.discover(place),
      guardian: this.#guardian,
      warm: this.#warm,
      client: this.#client,
      deadline: this.#payloadsEnd,
      outputLists: () => this.#welcome?.outputLists === true,
      checkpoints: () => this.#welcome?.checkpoints === true,
      diskFull: (reason: string) => this.#apply({ type: 'drain', reason }),
    };
    const events = {
      send: (message: PilotMessage) => this.#link.send(message),
      claimed: () => this.#apply({ type: 'claimed' }),
      started: () => this.#apply({ type: 'started' }),
      startFailed: (fault: FaultClass, reason: string) => this.#startFailed(fault, reason),
      released: () => this.#apply({ type: 'released' }),
    };
    const slot = () => this.#advertised.slot;
    const { apptainer } = node;
    const context = payloadContext(order, options, { apptainer, slot }, shared);
    this.#payloads = new Payloads(context, events, { newPayload, kept: parts.takeover?.results });
    this.#services = servicesOf(order, options, context, {
      advertise: (attributes) => this.#advertised.contribute('services', attributes),
      lost: (reason) => this.#apply({ type: 'drain', reason }),
    });
    this.#link = new PilotLink({
      address,
      hello: () => {
        this.#connections += 1;
        return helloOf(order, this.#sayState(), clock.monotonic());
      },
      clock,
      random,
      logger,
      events: {
        welcome: (welcome, helloAt) => this.#welcomed(welcome, helloAt),
        message: (message) => this.#received(message),
        unreadable: (message) => this.#unreadable(message),
        down: (refused) => this.#disconnected(refused),
      },
      ...(connect && { connect }),
    });
  }

  /**
   * Probes the node. Call `run` next: it registers.
   * @throws GlideinError RuntimeFailed or Unsupported when no payload could run here, or a validation fails
   */
  static async probe(order: PilotOrder, options: PilotOptions): Promise<Pilot> {
    const takeover = await takeOver(order, options);
    const node = await probeNode(order, options);
    const guardian = new Guardian(options.logger);
    // Only a hard envelope counts from the start of the pod; the rest is about the time in which jobs can run.
    const age = order.spec.lifetimes.maxWalltime === undefined ? 0 : await podAge(options.clock.wall());
    const ends = (changed: EndWatchOptions['changed']) =>
      new EndWatch({ ...endWatchOf(order), ...options, changed });
    const address = poolAddress(order);
    const pilot = new Pilot(order, options, { node, guardian, address, age, ends, takeover });
    void pilot.#compareClocks();
    await pilot.#validate(node);
    return pilot;
  }

  /**
   * Starts its services, registers, and serves until the pilot leaves. All payloads and services are dead when this settles.
   * @returns why the pilot left
   * @throws GlideinError RuntimeFailed when a service fails without which the pilot is of no use
   */
  async run(): Promise<string> {
    await this.#ends?.start();
    this.#payloads.restore(this.#takeover?.unrecorded ?? []);
    this.#schedule();
    const problem = await this.#beginServices();
    if (problem === undefined) await this.#link.run(this.#left.signal);
    await this.#services.end();
    this.#tick?.cancel();
    this.#deadline?.cancel();
    this.#lease.stop();
    this.#slotUpdates.stop();
    this.#ends?.stop();
    this.#validations?.stop();
    this.#warm?.close();
    this.#guardian.close();
    await this.#client.close();
    if (problem !== undefined) throw new GlideinError('RuntimeFailed', problem);
    return this.#life.reason;
  }

  /** @returns why the pilot is of no use */
  async #beginServices(): Promise<string | undefined> {
    if (this.#order.spec.services.length === 0) return undefined;
    // Nobody misses the pool before the pilot wants to register.
    this.#apply({ type: 'connected' });
    const problem = await this.#services.begin(this.#left.signal);
    this.#apply({ type: 'disconnected' });
    return problem;
  }

  /** Stops payloads with their grace, delivers what there is, and leaves. The second call kills them. */
  end(reason: string): void {
    if (this.#life.phase === 'Ending') this.#payloads.dropAll();
    else this.#apply({ type: 'end', reason });
  }

  /** @throws GlideinError RuntimeFailed when a script of the administrator that must pass has failed */
  async #validate(node: Node): Promise<void> {
    const { clock, logger } = this.#options;
    this.#validations = validationsOf(this.#order, node, {
      contribute: (part, said) => this.#advertised.contribute(part, said),
      failed: (reason) => this.#apply({ type: 'drain', reason }),
      clock,
      logger,
    });
    try {
      await this.#validations?.start();
    } catch (error) {
      this.#left.abort();
      this.#guardian.close();
      await this.#client.close();
      throw error;
    }
  }

  /** Jobs that compare times with those of others need to know; nothing waits for the answer. */
  async #compareClocks(): Promise<void> {
    const found = await clockOffset(this.#client, this.#options.clock, this.#left.signal);
    if (found === undefined) return;
    const { what, verdict, evidence } = found;
    if (verdict === 'bad') this.#options.logger.warn({ what, evidence }, 'the clock of this node is wrong');
    this.#advertised.contribute('clock', found.attributes);
  }

  #sayState(): PilotState {
    return {
      process: this.#process,
      connection: this.#connections,
      slot: this.#slotUpdates.greet(),
      lacks: this.#lacks,
      life: this.#life,
      limits: this.#limits,
      claims: this.#payloads.nameClaims(),
    };
  }

  #welcomed(welcome: Welcome, helloAt: number): void {
    this.#options.logger.info(
      { leaseSeconds: welcome.leaseSeconds, drop: welcome.drop.length },
      'registered',
    );
    this.#welcome = welcome;
    this.#payloads.drop(welcome.drop);
    this.#lease.welcomed(welcome.leaseSeconds, helloAt);
    this.#slotUpdates.welcomed(welcome.slotUpdates === true);
    this.#apply({ type: 'connected' });
    this.#payloads.connected();
  }

  #received(message: Exclude<PoolMessage, Welcome>): void {
    switch (message.type) {
      case 'start':
        // It was under way when the lease expired. Nothing would end what runs without a lease; the next hello asks again.
        if (this.#lease.held) this.#start(message);
        return;
      case 'stop':
        this.#payloads.stop(message.claim, message.reason, message.cause);
        return;
      case 'recorded':
        this.#payloads.recorded(message.claim);
        return;
      case 'kept':
        this.#payloads.kept(message.claim, message.number, message.problem);
        return;
      case 'renewed':
        this.#lease.renewed(message.sequence);
        return;
      case 'work':
        this.#apply({ type: 'work', waiting: message.waiting });
        return;
      case 'drain':
        this.#apply({ type: 'drain', reason: message.reason, isOrder: true });
        return;
      case 'resume':
        this.#resume();
        return;
      case 'peek':
        this.#payloads.peek(message);
        return;
    }
  }

  #start(message: Start): void {
    const { phase, reason } = this.#life;
    const beyond = beyondSlot(message.resources, this.#advertised.slot);
    if (phase !== 'Serving')
      this.#payloads.refuse(message.claim, {
        kind: 'stopped',
        reason: `the pilot accepts no new jobs: ${reason}`,
      });
    else if (beyond === undefined) this.#payloads.start(message);
    else this.#payloads.refuse(message.claim, startFailed('pilot', beyond));
  }

  /** Only what is wrong with this pilot makes it accept no more: a server that is away may be back for the next job. */
  #startFailed(fault: FaultClass, reason: string): void {
    if (fault === 'configuration') this.#apply({ type: 'drain', reason });
    else if (fault === 'node') this.#apply({ type: 'startFailed' });
  }

  /** The pool does not know yet whether the pilot can be taken back: time, or its disk, may be against it. */
  #resume(): void {
    this.#apply({ type: 'resume' });
    const { phase, reason } = this.#life;
    if (phase === 'Serving') this.#link.send({ type: 'serving' });
    else if (phase !== 'Leaving') this.#link.send({ type: 'draining', reason });
  }

  /** This version cannot read such a job at the next try either: without an answer, the pool would retry for ever. */
  #unreadable({ type, claim, reason }: UnreadableClaim): void {
    if (type !== 'start') return;
    const why = truncate(`the pilot cannot read this job: ${reason}`, 1000);
    this.#payloads.refuse(claim, startFailed('job', why));
  }

  #disconnected(refused: boolean): void {
    this.#payloads.disconnected(refused);
    this.#lease.disconnected();
    this.#slotUpdates.disconnected();
    this.#apply({ type: 'disconnected' });
  }

  #leaseLost(): void {
    const claims = this.#payloads.leaseLost();
    this.#options.logger.warn(
      { claims },
      'lease expired: payloads are killed, their jobs will run elsewhere',
    );
    // The connection may only seem to be up. A new `hello` names the payloads that are still dying.
    this.#link.reconnect();
  }

  /** Whoever chooses pilots for jobs by their end is told of another one, which only a hello does. */
  #bounded(event: LifetimeEvent): void {
    const before = endOf(this.#life, this.#limits).end.at;
    this.#apply(event);
    const { at, reason } = endOf(this.#life, this.#limits).end;
    if (Math.abs(at - before) < 1000) return;
    this.#options.logger.info(
      { reason, seconds: Math.round((at - before) / 1000) },
      'end of the pilot moved',
    );
    void this.#payloadsEnd.moved();
    if (this.#welcome !== undefined && this.#life.phase === 'Serving') this.#link.reconnect();
  }

  /** Seconds since the epoch: payloads are stopped at the pilot's end, and killed after their grace. */
  #payloadsEndAt(): number {
    const { clock } = this.#options;
    const grace = milliseconds(this.#order.spec.lifetimes.grace);
    const at = this.#killAt ?? endOf(this.#life, this.#limits).end.at + grace;
    return Math.floor((clock.wall() + at - clock.monotonic()) / 1000);
  }

  #apply(event: LifetimeEvent): void {
    const before = this.#life.phase;
    this.#life = nextLifetime(this.#life, event, this.#options.clock.monotonic(), this.#limits);
    if (this.#life.phase !== before) this.#phaseChanged();
    this.#schedule();
  }

  #phaseChanged(): void {
    const { phase, reason } = this.#life;
    this.#options.logger.info({ phase, reason }, 'pilot phase changed');
    switch (phase) {
      case 'Serving':
        return;
      case 'Draining':
        this.#link.send({ type: 'draining', reason });
        return;
      case 'Ending':
        this.#beginEnding(reason);
        return;
      case 'Leaving':
        this.#link.send({ type: 'leaving', reason });
        this.#left.abort();
        return;
    }
  }

  #beginEnding(reason: string): void {
    const { clock, logger } = this.#options;
    const grace = milliseconds(this.#order.spec.lifetimes.grace);
    this.#killAt = clock.monotonic() + grace;
    void this.#payloadsEnd.moved();
    this.#link.send({ type: 'draining', reason });
    const life = reason === endOfLife ? this.#limits.endAfter / 1000 : undefined;
    this.#payloads.stopAll(`the pilot leaves: ${reason}`, life);
    this.#deadline = clock.after(Math.min(longestTimer, grace + lastResults), () => {
      const claims = this.#payloads.dropAll();
      logger.warn({ claims }, 'pilot leaves although the pool has not recorded all results');
    });
  }

  #schedule(): void {
    this.#tick?.cancel();
    if (this.#left.signal.aborted) return;
    const { clock } = this.#options;
    const due = untilNextTick(this.#life, clock.monotonic(), this.#limits);
    // One millisecond later than due, because timers may fire a little early.
    this.#tick = clock.after(Math.min(longestTimer, due + 1), () => this.#apply({ type: 'tick' }));
  }
}

/** What an order says for the watch of other ends. */
const endWatchOf = ({ pool, noticeFile, spec: { lifetimes } }: PilotOrder) => ({
  tokenFile: pool.tokenFile,
  noticeFile,
  leaving: milliseconds(lifetimes.grace) + reportTime,
  kept: milliseconds(lifetimes.jobMaxTime),
});

const startFailed = (blame: 'job' | 'pilot', reason: string): Outcome => ({
  kind: 'startFailed',
  blame,
  holdCode: holdCodes.failedToCreateProcess,
  reason,
});
