import { type Group, settled } from './group-tree.ts';
import { priorityFloor, realPriority } from './real-priority.ts';
import { niceUser } from './submitter-name.ts';

/** HTCondor's factors: DEFAULT_PRIO_FACTOR and NICE_USER_PRIO_FACTOR; no factor is less than 1. */
export const defaultFactor = 1000;
const niceFactor = 1e10;
export const leastFactor = 1;

/** What is stored of an account. `at` and the other times are milliseconds of the clock that the caller uses. */
export interface AccountState {
  readonly name: string;
  /** The real priority at the time `at`. */
  readonly priority: number;
  readonly at: number;
  /** Core-milliseconds used until then. */
  readonly used: number;
  /** When it began to be used for the first time, and when it was last in use until `at`. */
  readonly began: number | undefined;
  readonly lastUsed: number | undefined;
  /** Set by an admin. */
  readonly factor: number | undefined;
}

/** What one submitter has used, and uses. Times are milliseconds. */
export class Account {
  readonly name: string;
  /** The group whose quota it uses. */
  group: Group;
  /** Its group is no longer there: nothing is charged to it any more. */
  isFormer = false;
  /** Set by an admin; otherwise the factor follows from the group. */
  factor: number | undefined;
  readonly #isNice: boolean;
  #use = 0;
  #priority = priorityFloor;
  #at: number;
  #used = 0;
  #began: number | undefined;
  #lastUsed: number | undefined;

  constructor(name: string, { group }: { readonly group: Group }, now: number) {
    this.name = name;
    this.group = group;
    this.#isNice = name.startsWith(`${niceUser}.`);
    this.#at = now;
  }

  /** Cores in use. */
  get use(): number {
    return this.#use;
  }

  /** The priority factor in force: what an admin set, else that of nice users, of the group, or of everybody. */
  get factorInForce(): number {
    const own = this.#isNice ? niceFactor : (this.group.priorityFactor ?? defaultFactor);
    return Math.max(leastFactor, this.factor ?? own);
  }

  /** Changes the cores in use from now on. */
  add(cores: number, now: number, halfLife: number): void {
    this.settle(now, halfLife);
    if (this.#use === 0 && cores > 0) this.#began ??= now;
    this.#use = settled(this.#use + cores);
    this.#lastUsed = now;
  }

  /** Changes the cores in use as if that had happened at the last change: no time is charged. */
  shift(cores: number): void {
    if (cores > 0) this.#began ??= this.#at;
    this.#use = settled(this.#use + cores);
  }

  /** Charges the use since the last change. */
  settle(now: number, halfLife: number): void {
    const state = this.at(now, halfLife);
    this.#priority = state.priority;
    this.#used = state.used;
    this.#lastUsed = state.lastUsed;
    this.#at = state.at;
  }

  /** The account as it is at a time, which is not before the last change. */
  at(now: number, halfLife: number): AccountState {
    const elapsed = Math.max(0, now - this.#at);
    return {
      name: this.name,
      priority: realPriority(this.#priority, this.#use, elapsed, halfLife),
      at: this.#at + elapsed,
      used: this.#used + this.#use * elapsed,
      began: this.#began,
      lastUsed: this.#use > 0 ? this.#at + elapsed : this.#lastUsed,
      factor: this.factor,
    };
  }

  /** The real priority, without the rest of {@link at}. */
  priorityAt(now: number, halfLife: number): number {
    return realPriority(this.#priority, this.#use, Math.max(0, now - this.#at), halfLife);
  }

  get lastUsed(): number | undefined {
    return this.#lastUsed;
  }

  /** Continues from what was stored; what is in use stays. */
  restore({ priority, at, used, began, lastUsed, factor }: AccountState): void {
    this.#priority = Math.max(priorityFloor, priority);
    this.#at = at;
    this.#used = used;
    this.#began = began;
    this.#lastUsed = lastUsed;
    this.factor = factor;
  }

  setPriority(priority: number, now: number, halfLife: number): void {
    this.settle(now, halfLife);
    this.#priority = Math.max(priorityFloor, priority);
  }

  /** Forgets all past use, as condor_userprio -resetusage does; the priority stays. */
  resetUsage(now: number, halfLife: number): void {
    this.settle(now, halfLife);
    this.#used = 0;
    this.#began = this.#use > 0 ? now : undefined;
  }

  /** Becomes like somebody who has used nothing yet; what is in use stays. */
  forget(now: number): void {
    this.restore({
      name: this.name,
      priority: priorityFloor,
      at: now,
      used: 0,
      began: this.#use > 0 ? now : undefined,
      lastUsed: undefined,
      factor: undefined,
    });
  }

  /** Whether nothing would be lost if it were forgotten: neither a priority nor a factor, nor hours. */
  isForgettable(now: number, halfLife: number): boolean {
    if (this.#use > 0 || this.#used > 0 || this.factor !== undefined) return false;
    return this.priorityAt(now, halfLife) <= priorityFloor;
  }
}
