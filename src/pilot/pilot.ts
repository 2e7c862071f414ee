import { GlideinError } from '#base/error.ts';
import { PilotLink } from '#client/pilot-link.ts';
import { PoolClient } from '#client/pool-client.ts';
import { milliseconds } from '#spec/fields.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import type { Lack } from '#wire/finding.ts';
import type { PilotMessage } from '#wire/pilot-messages.ts';
import type { Welcome } from '#wire/pool-messages.ts';
import { ImagesAtHand } from './images/images-at-hand.ts';
import { compareClocks, validationsOf } from './judge-node.ts';
import { Lease } from './lifetime/lease.ts';
import { endOfLife, type Lifetime, type LifetimeEvent, limitsOf } from './lifetime/lifetime.ts';
import { PilotLife } from './lifetime/pilot-life.ts';
import { obey, refuseUnreadable } from './obey.ts';
import type { PayloadPlace } from './payload/claim/discovery.ts';
import type { FaultClass } from './payload/claim/fault-class.ts';
import { payloadContext } from './payload/payload-context.ts';
import { Payloads } from './payload/payloads.ts';
import { prepareImages } from './payload/prepare-images.ts';
import { PayloadsEnd } from './payloads-end.ts';
import {
  type PilotEnds,
  type PilotLease,
  type PilotOptions,
  type PilotParts,
  probeParts,
} from './pilot-parts.ts';
import { servicesOf } from './pilot-services.ts';
import type { Node } from './probe/probe-node.ts';
import { helloOf, type PilotState } from './registration.ts';
import type { Guardian } from './runtime/guardian.ts';
import type { Launcher } from './runtime/launcher.ts';
import type { Services } from './services/services.ts';
import { Sessions } from './session/sessions.ts';
import { Advertised } from './slots/advertised.ts';
import { SlotUpdates } from './slots/slot-updates.ts';
import type { Takeover } from './takeover.ts';
import type { Validations } from './validation/validations.ts';
import { keepWarm } from './warm/keep-warm.ts';
import type { WarmContainers } from './warm/warm-containers.ts';

/**
 * A pilot, from its start to its end. This class joins the parts, each of which decides for itself:
 *
 * | a pilot …            | where                                                                                  |
 * |----------------------|----------------------------------------------------------------------------------------|
 * | probes               | `pilot-parts.ts`, `probe/`: what works here; `slots/`: what the node can offer         |
 * | judges its node      | `judge-node.ts`, `validation/`: scripts of the administrator; the clock                |
 * | advertises           | `slots/advertised.ts`: the slot as its parts know it; `slots/slot-updates.ts`: each change |
 * | goes on              | `takeover.ts`: where a process of it was killed                                        |
 * | begins               | `services/`: programs beside payloads, or before them                                  |
 * | registers            | `registration.ts`; `PilotLink` of `src/client` keeps the connection                    |
 * | obeys                | `obey.ts`: what each message of its pool does                                          |
 * | runs                 | `payload/`: each claim, from its job (`claim/`) by `start/` and `watch/` to its `end/` |
 * | lets people in       | `session/`: what `glidein ssh` runs beside a payload                                   |
 * | keeps claims         | `lifetime/lease.ts`: as long as the pool takes it for alive                            |
 * | drains, ends, leaves | `lifetime/lifetime.ts`: when, and why; `payloads-end.ts`: by when its payloads are dead |
 */
export class Pilot {
  readonly #order: PilotOrder;
  readonly #options: PilotOptions;
  /** Parts of the pilot say here what they have found out about the slot. */
  readonly #advertised: Advertised;
  readonly #lacks: readonly Lack[];
  readonly #slotUpdates: SlotUpdates;
  readonly #client: PoolClient;
  readonly #link: PilotLink;
  readonly #lease: PilotLease;
  readonly #life: PilotLife;
  readonly #payloadsEnd: PayloadsEnd;
  readonly #payloads: Payloads;
  readonly #services: Services;
  readonly #sessions: Sessions;
  readonly #guardian: Guardian;
  readonly #launcher: Launcher;
  readonly #warm: WarmContainers | undefined;
  readonly #left = new AbortController();
  /** Brings images to hand. */
  readonly #prepare: () => void;
  readonly #process: string;
  readonly #ends: PilotEnds | undefined;
  #validations: Validations | undefined;
  #connections: number;
  /** Contains the lock of the directory. */
  readonly #takeover: Takeover | undefined;
  /** The last one: it says what this pool can do. */
  #welcome: Welcome | undefined;

  constructor(order: PilotOrder, options: PilotOptions, parts: PilotParts) {
    const { clock, random, logger } = options;
    const { node, address, guardian, takeover, lease = (events) => new Lease(clock, events) } = parts;
    this.#order = order;
    this.#process = takeover?.process ?? Math.floor(random() * 36 ** 10).toString(36);
    this.#connections = takeover?.connections ?? 0;
    this.#takeover = takeover;
    this.#options = options;
    this.#lacks = node.lacks ?? [];
    this.#advertised = new Advertised(node.slot, () => this.#slotUpdates.changed());
    this.#slotUpdates = new SlotUpdates({
      clock,
      slot: () => this.#advertised.slot,
      send: (slot) => this.#link.send({ type: 'slot', slot }),
    });
    this.#life = new PilotLife({
      clock,
      limits: limitsOf(order.spec.lifetimes, random()),
      age: parts.age,
      phaseChanged: (life) => this.#phaseChanged(life),
    });
    this.#payloadsEnd = new PayloadsEnd({
      clock,
      grace: milliseconds(order.spec.lifetimes.grace),
      endAt: () => this.#life.end.at,
    });
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
    const context = this.#contextOf(node);
    this.#prepare = () => {
      const { prepare = [] } = order.spec.runtime.images;
      void prepareImages(prepare, context, this.#left.signal);
    };
    const events = {
      send: (message: PilotMessage) => this.#link.send(message),
      claimed: () => this.#life.apply({ type: 'claimed' }),
      started: () => this.#life.apply({ type: 'started' }),
      startFailed: (fault: FaultClass, reason: string) => this.#startFailed(fault, reason),
      released: () => this.#life.apply({ type: 'released' }),
    };
    this.#launcher = context.launcher;
    this.#payloads = new Payloads(context, events, { newPayload: parts.newPayload, kept: takeover?.results });
    this.#services = servicesOf(order, options, context, {
      advertise: (attributes) => this.#advertised.contribute('services', attributes),
      lost: (reason) => this.#life.apply({ type: 'drain', reason, isFault: true }),
    });
    this.#sessions = new Sessions({
      directory: order.directory,
      isAllowed: order.spec.runtime.sessions !== 'Refused',
      find: (claim) => this.#payloads.place(claim),
      send: (message, sent) => this.#link.send(message, sent),
      guardian,
      clock,
      logger,
    });
    this.#link = this.#linkTo(parts);
  }

  /**
   * Probes the node. Call `run` next: it registers.
   * @throws GlideinError RuntimeFailed or Unsupported when no payload could run here, or a validation fails
   */
  static async probe(order: PilotOrder, options: PilotOptions): Promise<Pilot> {
    const probing = probeParts(order, options);
    const parts = await (options.traces?.step('probe', probing) ?? probing);
    const pilot = new Pilot(order, options, parts);
    void pilot.#compareClocks();
    const judging = pilot.#validate(parts.node);
    await (options.traces?.step('validate', judging) ?? judging);
    return pilot;
  }

  /**
   * Starts its services, registers, and serves until the pilot leaves. All payloads and services are dead when this settles.
   * @returns why the pilot left, and whether that is because payloads cannot run here
   * @throws GlideinError RuntimeFailed when a service fails without which the pilot is of no use
   */
  async run(): Promise<{ readonly reason: string; readonly isFault: boolean }> {
    await this.#ends?.start();
    this.#payloads.restore(this.#takeover?.unrecorded ?? []);
    this.#life.schedule();
    const problem = await this.#beginServices();
    if (problem === undefined) await this.#link.run(this.#left.signal);
    this.#left.abort();
    await this.#services.end();
    this.#life.stop();
    this.#payloadsEnd.stop();
    this.#lease.stop();
    this.#slotUpdates.stop();
    this.#ends?.stop();
    this.#validations?.stop();
    this.#warm?.close();
    this.#launcher.close();
    this.#guardian.close();
    await this.#client.close();
    if (problem !== undefined) throw new GlideinError('RuntimeFailed', problem);
    const { reason, isFault } = this.#life.now;
    return { reason, isFault };
  }

  /** Stops payloads with their grace, delivers what there is, and leaves. The second call kills them. */
  end(reason: string): void {
    if (this.#life.now.phase === 'Ending') this.#payloads.dropAll();
    else this.#life.apply({ type: 'end', reason });
  }

  #contextOf({ apptainer, plugIns = [] }: Node): ReturnType<typeof payloadContext> {
    const slot = () => this.#advertised.slot;
    return payloadContext(
      this.#order,
      this.#options,
      { apptainer, slot, plugIns },
      {
        discover: (place: PayloadPlace) => this.#services.discover(place),
        guardian: this.#guardian,
        warm: this.#warm,
        imagesAtHand: new ImagesAtHand((said) => this.#advertised.contribute('images', { ...said })),
        client: this.#client,
        deadline: this.#payloadsEnd.deadline,
        outputLists: () => this.#welcome?.outputLists === true,
        checkpoints: () => this.#welcome?.checkpoints === true,
        diskFull: (reason: string) => this.#life.apply({ type: 'drain', reason }),
      },
    );
  }

  #linkTo({ address, connect }: PilotParts): PilotLink {
    const { clock, random, logger } = this.#options;
    const commanded = {
      life: this.#life,
      lease: this.#lease,
      payloads: this.#payloads,
      sessions: this.#sessions,
      slot: () => this.#advertised.slot,
      send: (message: PilotMessage) => this.#link.send(message),
    };
    return new PilotLink({
      address: {
        ...address,
        // The next hello says until when the pilot lives with the token that it brings.
        token: async () => {
          const token = await address.token();
          this.#ends?.sawToken(token);
          return token;
        },
      },
      hello: () => {
        this.#connections += 1;
        return helloOf(this.#order, this.#sayState(), clock.monotonic());
      },
      clock,
      random,
      logger,
      events: {
        welcome: (welcome, helloAt) => this.#welcomed(welcome, helloAt),
        message: (message) => obey(message, commanded),
        unreadable: (message) => refuseUnreadable(message, this.#payloads),
        down: (refused) => this.#disconnected(refused),
      },
      ...(connect && { connect }),
    });
  }

  /** @returns why the pilot is of no use */
  async #beginServices(): Promise<string | undefined> {
    const { services } = this.#order.spec;
    // What runs before payloads may measure the machine, and images would disturb it.
    const isMeasured = services.some(({ phase }) => phase === 'BeforePayloads');
    if (!isMeasured) this.#prepare();
    if (services.length === 0) return undefined;
    // Nobody misses the pool before the pilot wants to register.
    this.#life.apply({ type: 'connected' });
    const problem = await this.#services.begin(this.#left.signal);
    this.#life.apply({ type: 'disconnected' });
    if (isMeasured && problem === undefined) this.#prepare();
    return problem;
  }

  /** @throws GlideinError RuntimeFailed when a script of the administrator that must pass has failed */
  async #validate(node: Node): Promise<void> {
    const { clock, logger } = this.#options;
    this.#validations = validationsOf(this.#order, node, {
      contribute: (part, said) => this.#advertised.contribute(part, said),
      failed: (reason) => this.#life.apply({ type: 'drain', reason, isFault: true }),
      clock,
      logger,
    });
    try {
      await this.#validations?.start();
    } catch (error) {
      this.#left.abort();
      this.#life.stop();
      this.#guardian.close();
      await this.#client.close();
      throw error;
    }
  }

  /** Nothing waits for the answer. */
  async #compareClocks(): Promise<void> {
    const found = await compareClocks(this.#client, this.#options, this.#left.signal);
    if (found !== undefined) this.#advertised.contribute('clock', found);
  }

  #sayState(): PilotState {
    return {
      process: this.#process,
      connection: this.#connections,
      slot: this.#slotUpdates.greet(),
      lacks: this.#lacks,
      life: this.#life.now,
      limits: this.#life.limits,
      claims: this.#payloads.nameClaims(),
    };
  }

  #welcomed(welcome: Welcome, helloAt: number): void {
    this.#options.logger.info(
      { leaseSeconds: welcome.leaseSeconds, drop: welcome.drop.length },
      'registered',
    );
    this.#options.traces?.registered();
    this.#welcome = welcome;
    this.#payloads.drop(welcome.drop);
    this.#lease.welcomed(welcome.leaseSeconds, helloAt);
    this.#slotUpdates.welcomed(welcome.slotUpdates === true);
    this.#life.apply({ type: 'connected' });
    this.#payloads.connected();
  }

  /** Only what is wrong with this pilot makes it accept no more: a server that is away may be back for the next job. */
  #startFailed(fault: FaultClass, reason: string): void {
    if (fault === 'configuration') this.#life.apply({ type: 'drain', reason, isFault: true });
    else if (fault === 'node') this.#life.apply({ type: 'startFailed' });
  }

  #disconnected(refused: boolean): void {
    this.#payloads.disconnected(refused);
    this.#sessions.closeAll();
    this.#lease.disconnected();
    this.#slotUpdates.disconnected();
    this.#life.apply({ type: 'disconnected' });
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
  #bounded(event: Extract<LifetimeEvent, { type: 'bound' }>): void {
    const before = this.#life.end.at;
    this.#life.apply(event);
    const { at, reason } = this.#life.end;
    if (Math.abs(at - before) < 1000) return;
    this.#options.logger.info(
      { reason, seconds: Math.round((at - before) / 1000) },
      'end of the pilot moved',
    );
    this.#payloadsEnd.moved();
    // A newer token is a reason for the link itself to connect anew.
    const isTold = event.source === 'token' && at > before;
    if (!isTold && this.#life.now.phase === 'Serving') this.#link.reconnect();
  }

  #phaseChanged({ phase, reason }: Lifetime): void {
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
    this.#payloadsEnd.begin(() => {
      const claims = this.#payloads.dropAll();
      this.#options.logger.warn({ claims }, 'pilot leaves although the pool has not recorded all results');
    });
    this.#link.send({ type: 'draining', reason });
    const life = reason === endOfLife ? this.#life.limits.endAfter / 1000 : undefined;
    this.#payloads.stopAll(`the pilot leaves: ${reason}`, life);
  }
}
