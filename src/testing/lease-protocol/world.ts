import { randomOf } from '../random-of.ts';
import { Checker } from './checker.ts';
import type { Mutation } from './mutation.ts';
import { type Blow, type Direction, type Fault, pilots, type Scenario } from './scenario.ts';
import type { SimulatedSocket, Weather } from './simulated-network.ts';
import { SimulatedPilot } from './simulated-pilot.ts';
import { SimulatedPool } from './simulated-pool.ts';
import { SimulatedTime } from './simulated-time.ts';

/** Seconds of the world within which all jobs are done once the faults are over. */
const patience = 20_000;

export interface Verdict {
  readonly violations: readonly string[];
  readonly executions: number;
}

/** Lets a scenario happen to a pool, its pilots and its jobs. @returns which promises were broken */
export async function live(scenario: Scenario, mutation: Mutation = {}): Promise<Verdict> {
  const world = new World(scenario, mutation);
  try {
    return await world.run();
  } finally {
    world.destroy();
  }
}

class World {
  readonly #time = new SimulatedTime();
  readonly #checker = new Checker(() => this.#time.now);
  readonly #scenario: Scenario;
  readonly #mutation: Mutation;
  readonly #random: () => number;
  readonly #pool: SimulatedPool;
  readonly #pilots: SimulatedPilot[] = [];
  readonly #weather: Weather[][] = Array.from({ length: pilots }, () => []);
  /** Traps that wait for a message, each with the blow that it deals. */
  #traps: { readonly message: string; readonly blow: Blow }[] = [];
  /** What waits for the pool's next start. */
  #starting: (() => Promise<void>) | undefined;
  #made = 0;

  constructor(scenario: Scenario, mutation: Mutation) {
    this.#scenario = scenario;
    this.#mutation = mutation;
    this.#random = randomOf(scenario.seed);
    const [rate] = scenario.rates;
    this.#pool = new SimulatedPool({
      time: this.#time,
      random: this.#random,
      rate,
      mutation,
      failed: (line) => this.#checker.failed(line),
    });
    for (const each of scenario.faults) this.#foresee(each);
  }

  async run(): Promise<Verdict> {
    await this.#pool.start(this.#scenario.lease);
    const submitted = this.#pool.submit(this.#scenario.jobs);
    let accepted = false;
    void submitted.then(() => {
      accepted = true;
    });
    await this.#pass(() => accepted);
    for (let pilot = 0; pilot < pilots; pilot += 1) this.#startPilot(pilot);
    const faults = [...this.#scenario.faults].sort((a, b) => a.at - b.at);
    for (const each of faults) {
      // The network knows of these.
      if (each.kind === 'cut' || each.kind === 'fade') continue;
      this.#time.at(each.at * 1000, () => this.#happen(each));
    }
    let isCalm = false;
    this.#time.at(1000 * Math.max(0, ...faults.map(endOf)), () => {
      isCalm = true;
      this.#traps = [];
    });
    await this.#pass(() => isCalm);
    // Whoever held them had no answer when the pool was killed, and asks again.
    this.#pool.releaseAll();
    await this.#pass(() => this.#isDone);
    await this.#judge();
    return { violations: this.#checker.violations, executions: this.#checker.executions.length };
  }

  destroy(): void {
    for (const pilot of this.#pilots) pilot.kill();
    this.#pool.destroy();
  }

  /** Whether every job is done and nothing is alive. */
  get #isDone(): boolean {
    const { core } = this.#pool;
    if (core === undefined || this.#checker.running.length > 0) return false;
    return [...core.queue.jobs()].every(({ state, claim }) => state === 'Completed' && claim === undefined);
  }

  /** Lets time pass, and starts the pool whenever it is to start. */
  async #pass(isOver: () => boolean): Promise<void> {
    const end = this.#time.now + (patience + 2000) * 1000;
    while (!isOver() && this.#time.now < end) {
      await this.#time.pass(() => isOver() || this.#starting !== undefined || this.#time.now >= end);
      const starting = this.#starting;
      this.#starting = undefined;
      await starting?.();
    }
  }

  async #judge(): Promise<void> {
    // The last record becomes durable, and the last acknowledgement arrives.
    const soon = this.#time.now + 30_000;
    this.#time.at(soon, () => {});
    await this.#time.pass(() => this.#time.now >= soon);
    const { core } = this.#pool;
    if (core === undefined) throw new Error('the pool is not there');
    this.#pool.stopTime();
    await this.#checker.judge(
      core,
      Array.from({ length: this.#scenario.jobs }, (_, proc) => ({ cluster: 1, proc })),
    );
  }

  #startPilot(place: number): void {
    this.#made += 1;
    const uid = `pilot-${place}-${this.#made}`;
    const line = {
      weather: this.#weather[place] ?? [],
      random: this.#random,
      duplicates: this.#scenario.duplicates,
      sends: (text: string, socket: SimulatedSocket) => this.#sends(text, socket, place),
    };
    this.#pilots[place] = new SimulatedPilot({
      time: this.#time,
      random: this.#random,
      rate: this.#scenario.rates[place + 1] ?? 1,
      uid,
      line,
      pool: this.#pool,
      witness: this.#checker,
      longest: this.#scenario.longest * 1000,
      mutation: this.#mutation,
      heard: (message) => this.#checker.heard(uid, message),
    });
  }

  /** The network knows its weather beforehand. */
  #foresee(fault: Fault): void {
    const from = fault.at * 1000;
    if (fault.kind === 'cut') this.#cloud(fault.pilot, from, fault.seconds, fault.direction, Infinity);
    if (fault.kind === 'unheard') this.#cloud(fault.pilot, from, unheardSeconds, 'both', Infinity);
    if (fault.kind !== 'fade') return;
    const until = from + fadeSeconds * 1000;
    this.#cloud(fault.pilot, from, fadeSeconds, 'toPilot', fault.delay * 1000);
    this.#cloud(fault.pilot, until, fault.seconds + fault.delay, 'toPool', Infinity);
    this.#cloud(fault.pilot, until + fault.delay * 1000, fault.seconds, 'toPilot', Infinity);
  }

  #cloud(pilot: number, from: number, seconds: number, direction: Direction, delay: number): void {
    this.#weather[pilot]?.push({ from, until: from + seconds * 1000, direction, delay });
  }

  #happen(fault: Exclude<Fault, { kind: 'cut' | 'fade' }>): void {
    const pool = this.#pool;
    switch (fault.kind) {
      case 'reset':
        this.#pilots[fault.pilot]?.reset();
        return;
      case 'killPilot':
        this.#killPilot(fault.pilot, fault.reported);
        return;
      case 'killPool':
        this.#restart(fault.seconds, fault.lease, () => {});
        return;
      case 'unheard':
        this.#restart(0, fault.lease, () => {});
        return;
      case 'freezePool':
        pool.freeze(this.#time.now + fault.seconds * 1000);
        return;
      case 'restore':
        this.#restore(fault.later, fault.seconds);
        return;
      case 'trap':
        this.#traps.push(fault);
        return;
      case 'holdAndRelease':
        this.#holdAndRelease(fault.job);
        return;
    }
  }

  #holdAndRelease(number: number): void {
    const { running } = this.#checker;
    const execution = running[number % running.length];
    if (execution !== undefined) this.#pool.holdAndRelease(execution.job);
  }

  #killPilot(place: number, reported: boolean): void {
    const pilot = this.#pilots[place];
    if (pilot === undefined) return;
    pilot.kill();
    this.#checker.killed(pilot.uid);
    if (reported)
      this.#time.at(this.#time.now + 5000 * this.#random(), () => {
        void this.#pool.core?.pilots.lose(pilot.uid, 'proven dead');
      });
    this.#time.at(this.#time.now + 20_000 * this.#random(), () => this.#startPilot(place));
  }

  /** Springs the trap that waits for this message: a message is stranded at once, any other blow falls while it is on its way. */
  #sends(text: string, socket: SimulatedSocket, place: number): void {
    if (this.#traps.length === 0) return;
    const { type } = JSON.parse(text) as { readonly type: string };
    const trap = this.#traps.find(({ message }) => message === type);
    if (trap === undefined) return;
    this.#traps = this.#traps.filter((each) => each !== trap);
    const { blow } = trap;
    if (blow.kind === 'strand') socket.strand(this.#time.now + blow.seconds * 1000);
    else this.#time.at(this.#time.now + 20 * this.#random() ** 3, () => this.#strike(blow, socket, place));
  }

  #strike(blow: Exclude<Blow, { kind: 'strand' }>, socket: SimulatedSocket, place: number): void {
    switch (blow.kind) {
      case 'killPool':
        this.#restart(blow.seconds, this.#scenario.lease, () => {});
        return;
      case 'reset':
        socket.break();
        return;
      case 'cut':
        this.#cloud(place, this.#time.now, blow.seconds, blow.direction, Infinity);
        return;
    }
  }

  #restore(later: number, seconds: number): void {
    if (this.#pool.core === undefined) return;
    const { now } = this.#time;
    const putBack = this.#pool.backUp();
    this.#time.at(now + later * 1000, () =>
      this.#restart(seconds, this.#scenario.lease, () => {
        putBack();
        this.#checker.restored(now);
      }),
    );
  }

  #restart(seconds: number, lease: number, before: () => void): void {
    if (this.#pool.core === undefined) return;
    this.#pool.kill();
    before();
    this.#time.at(this.#time.now + seconds * 1000, () => {
      this.#starting = () => this.#pool.start(lease);
    });
  }
}

/** Seconds for which a line is slow before it is cut, and for which a pilot does not hear of a restart. */
const fadeSeconds = 60;
const unheardSeconds = 180;

/** When a fault is over for certain; a trap that has not snapped by the end never does. */
const endOf = (fault: Fault): number =>
  fault.at +
  2 * fadeSeconds +
  ('seconds' in fault ? fault.seconds : 0) +
  ('later' in fault ? fault.later : 0);
