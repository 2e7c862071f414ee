import type { Came } from './came.ts';

/** A limit that kept a decision below the demand. */
export interface LimitThatBit {
  readonly name: string;
  readonly value: number;
  /** How many pilots it cost. */
  readonly count: number;
}

/** The decision for one group. */
export interface GroupDecision {
  readonly group: string;
  /** How many pilots the group should have: present, starting, and to add. */
  readonly wanted: number;
  /** Pilots to start now. */
  readonly add: number;
  /** Uids of pilots that may leave: idle ones, and all of a suspended group. */
  readonly release: readonly string[];
  /** The decision in one sentence. */
  readonly reason: string;
  readonly limits: readonly LimitThatBit[];
  /** Images of waiting jobs that the pilots to start should prepare, the most wanted first; absent if none. */
  readonly images?: readonly string[];
}

/** Waiting jobs that no group can ever run, and why. */
export interface Unrunnable {
  readonly id: number;
  readonly count: number;
  readonly reason: string;
}

export interface Decision {
  readonly groups: readonly GroupDecision[];
  readonly unrunnable: readonly Unrunnable[];
  /** Waiting jobs that count for the policy. */
  readonly waiting: number;
  /** How many decisions in a row found an idle pilot superfluous, by its uid. Removal needs several. */
  readonly surplusFor: Readonly<Record<string, number>>;
  /** What pilots of each group registered: the memory of trials that failed. */
  readonly came: ReadonlyMap<string, Came>;
}
