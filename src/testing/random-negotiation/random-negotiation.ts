import type { Environment } from '#classad/environment.ts';
import type { Pilot } from '#pool/collector/pilot.ts';
import { FreeSlots } from '#pool/negotiator/free-slots.ts';
import { slotAd } from '../ads.ts';
import { Scene } from '../negotiation-scene.ts';
import { randomOf } from '../random-of.ts';
import { CappedTurns } from './capped-turns.ts';
import { betterThan, type Checked, complaintAbout, overdrawn, passedOver } from './checks.ts';
import { RandomChoice } from './random-choice.ts';
import { randomJobs } from './random-jobs.ts';
import { RandomSlots } from './random-slots.ts';

const mostWaiting = 120;
const mostPilots = 25;
const mostReserved = 3;
const mostPasses = 5_000;

interface RandomNegotiationOptions {
  readonly seed: number;
  /** Whether expressions read the time. */
  readonly byTime: boolean;
  /** Whether most slots are alike, in few buckets that are numbered anew often, and few values make an attribute every slot's own. */
  readonly alike: boolean;
}

/** So few that random pools come to them. */
const few = { mostValues: 6, mostNumbers: 60, mostSlotNumbers: 60 };

/**
 * A pool to which everything happens that can happen: jobs come and end, pilots come, change, drain, retire and are kept free for
 * somebody, limits, quotas and memory change, time passes, and passes are interrupted. Each grant is checked by evaluating it alone;
 * and whenever the negotiator says that it has nothing left to do, that no job waits which could run.
 */
export class RandomNegotiation {
  readonly scene: Scene;
  /** How often it was checked that no job waits which could run. */
  checks = 0;
  readonly #choice: RandomChoice;
  readonly #options: RandomNegotiationOptions;
  readonly #turns: CappedTurns;
  readonly #slots: RandomSlots;
  readonly #checked: Checked;
  readonly #environment: Environment;
  readonly #reserved = new Set<Pilot>();
  readonly #history: string[] = [];
  /** Who has got a job in this pass, if the order of grants is known. */
  #served: Set<string> | undefined;
  #complaint: string | undefined;
  #time = 1_000;
  /** The milliseconds that each look at the time takes: those who read it are slow. */
  #cost = 0;
  readonly #steps: readonly (readonly [weight: number, step: () => string | undefined])[] = [
    [5, () => this.#submit()],
    [4, () => this.#end()],
    [2, () => this.#come()],
    [3, () => this.#change()],
    [1, () => this.#connect()],
    [1, () => this.#drain()],
    [1, () => this.#limit()],
    [1, () => this.#cap()],
    [1, () => this.#remember()],
    [1, () => this.#passTime()],
    [1, () => this.#reserve()],
    [1, () => this.#wait()],
    [3, () => this.#pass()],
    [9, () => this.#settle()],
    [3, () => this.#freeOne()],
  ];

  constructor(options: RandomNegotiationOptions) {
    this.#options = options;
    this.#choice = new RandomChoice(randomOf(options.seed));
    this.scene = new Scene('played', new FreeSlots(options.alike ? few : {}));
    this.#slots = new RandomSlots(this.#choice, options);
    this.#turns = new CappedTurns(this.scene);
    this.#checked = {
      scene: this.scene,
      turns: this.#turns,
      environment: { now: () => this.#time },
    };
    this.#environment = {
      now: () => {
        this.scene.milliseconds += this.#cost;
        return this.#time;
      },
    };
    this.scene.limits.set([{ name: '*', limit: 3 }]);
    this.scene.onGrant = (job, pilot, takes) => {
      this.#complain(complaintAbout(this.#checked, { job, pilot, takes }));
      const submitter = this.scene.autoclusters.of(job)?.submitter ?? '';
      if (this.#served === undefined || this.#served.has(submitter)) return;
      this.#served.add(submitter);
      this.#complain(betterThan(this.#checked, job, pilot));
    };
  }

  /** @throws Error with what has happened last, if the negotiator has done something wrong */
  run(steps: number): void {
    const all = this.#steps.flatMap(([weight, step]) => Array.from({ length: weight }, () => step));
    for (let index = 0; index < steps; index += 1) {
      const done = this.#choice.of(all)();
      if (done !== undefined) this.#history.push(done);
      this.#throwComplaint();
    }
    this.#settle();
    this.#throwComplaint();
  }

  /** Whatever is thrown while jobs are granted would count as a defect of the job. */
  #complain(complaint: string | undefined): void {
    this.#complaint ??= complaint;
  }

  #throwComplaint(): void {
    const defects = this.scene.defects.length;
    const complaint = this.#complaint ?? (defects > 0 ? 'a job is said to be defective' : undefined);
    if (complaint === undefined) return;
    const last = this.#history.slice(-15).join('\n');
    throw new Error(
      `seed ${this.#options.seed}, step ${this.#history.length}: ${complaint}; before that:\n${last}`,
    );
  }

  #owner(): string {
    return `u${this.#choice.below(4)}`;
  }

  #anyPilot(): Pilot | undefined {
    const { pilots } = this.scene;
    return pilots.length === 0 ? undefined : this.#choice.of(pilots);
  }

  #submit(): string | undefined {
    if (this.scene.inState('Idle').length >= mostWaiting) return undefined;
    const ad = randomJobs(this.#choice, this.#options.byTime);
    const owner = this.#owner();
    this.scene.submit(1 + this.#choice.below(4), ad, owner);
    return `${owner} submits ${JSON.stringify(ad)}`;
  }

  #end(): string {
    this.scene.end(this.#choice.below(1_000));
    return 'a job ends';
  }

  #come(): string | undefined {
    const { pilots, milliseconds } = this.scene;
    if (pilots.length >= mostPilots) return undefined;
    const slot = this.#slots.slot(pilots.length);
    const pilot = this.scene.pilot(slot);
    if (this.#choice.oneIn(3)) {
      pilot.retireAt = milliseconds + this.#choice.below(4_000_000);
      pilot.endAt = pilot.retireAt + 1_000;
    }
    return `a pilot comes with ${JSON.stringify(slot)}`;
  }

  /** It comes back with another ad, perhaps with less than its claims take. */
  #change(): string | undefined {
    const pilot = this.#anyPilot();
    if (pilot === undefined) return undefined;
    const { facts } = pilot;
    const number = this.scene.pilots.indexOf(pilot);
    const texts = this.#choice.oneIn(3)
      ? this.#slots.slot(number)
      : { ...facts.slot.toTexts(), ...this.#slots.change() };
    const slot = slotAd(texts);
    this.scene.autoclusters.learnSlot(facts.uid, slot);
    pilot.facts = { ...facts, slot };
    return `${facts.uid} comes back with ${JSON.stringify(texts)}`;
  }

  #connect(): string | undefined {
    const pilot = this.#anyPilot();
    if (pilot === undefined) return undefined;
    const connection = { send: () => {}, sendPrinted: () => {}, close: () => {} };
    pilot.connection = pilot.connection === undefined ? connection : undefined;
    return `${pilot.facts.uid} is ${pilot.connection === undefined ? 'cut off' : 'connected'}`;
  }

  #drain(): string | undefined {
    const pilot = this.#anyPilot();
    if (pilot === undefined) return undefined;
    pilot.drainReason = pilot.draining ? undefined : 'the node is needed';
    return `${pilot.facts.uid} ${pilot.draining ? 'drains' : 'serves again'}`;
  }

  #limit(): string {
    const limits = [
      { name: '*', limit: this.#choice.below(5) },
      { name: 'a', limit: this.#choice.below(4) },
    ];
    this.scene.limits.set(limits);
    return `limits are ${JSON.stringify(limits)}`;
  }

  #cap(): string {
    const owner = this.#owner();
    const cores = this.#choice.oneIn(2) ? undefined : this.#choice.below(30);
    this.#turns.set(owner, cores);
    return `${owner} may use ${cores ?? 'all'} cores`;
  }

  #remember(): string {
    const { scene } = this;
    const more = this.#choice.oneIn(3) ? this.#choice.below(10) : Number.POSITIVE_INFINITY;
    scene.mostInMemory = scene.granted.length + more;
    return `there is memory for ${more} jobs`;
  }

  #passTime(): string | undefined {
    if (!this.#options.byTime) return undefined;
    this.#time += this.#choice.below(25);
    this.scene.slots.timePassed();
    this.scene.autoclusters.timePassed();
    return `it is ${this.#time}`;
  }

  /** A slot is kept free for somebody who waits, or all are open again. */
  #reserve(): string | undefined {
    const pilot = this.#anyPilot();
    const waiting = [...this.scene.autoclusters.all()].filter((each) => each.waiting.size > 0);
    if (pilot === undefined) return undefined;
    if (this.#reserved.size < mostReserved && waiting.length > 0 && this.#choice.oneIn(2)) {
      pilot.reservedFor = this.#choice.of(waiting).id;
      this.#reserved.add(pilot);
    } else {
      for (const each of this.#reserved) each.reservedFor = 0;
      this.#reserved.clear();
    }
    for (const each of this.scene.pilots) this.scene.slots.update(each, this.scene.milliseconds);
    return `${pilot.facts.uid} is kept for ${pilot.reservedFor}`;
  }

  #wait(): string {
    this.scene.milliseconds += this.#choice.below(600_000);
    this.scene.slots.retire(this.scene.milliseconds);
    return 'time passes for pilots that retire';
  }

  /** One pass, which may be interrupted, and may not have heard of all changes. */
  #pass(): string {
    this.#cost = this.#choice.oneIn(3) ? this.#choice.below(20) : 0;
    const heard = this.#choice.oneIn(3)
      ? this.scene.pilots.filter(() => this.#choice.oneIn(2))
      : this.scene.pilots;
    this.scene.pass(this.#environment, heard);
    return `a pass that hears of ${heard.length} pilots`;
  }

  #settle(): string {
    this.#cost = this.#choice.oneIn(4) ? this.#choice.below(8) : 0;
    for (let passes = 0; this.scene.pass(this.#environment) !== 'nothing'; passes += 1) {
      this.scene.milliseconds += 20;
      if (passes <= mostPasses) continue;
      this.#complain('there is no end of passes');
      return 'passes without an end';
    }
    this.#complain(passedOver(this.#checked));
    this.#complain(overdrawn(this.#checked));
    this.checks += 1;
    return 'passes until nothing is left';
  }

  /** Of those that sleep, the first in the line of each submitter gets the slot. */
  #freeOne(): string {
    this.#settle();
    this.#cost = 0;
    this.scene.end(this.#choice.below(1_000));
    this.#served = new Set();
    this.scene.pass(this.#environment);
    this.#served = undefined;
    return 'a job ends, and one pass';
  }
}
