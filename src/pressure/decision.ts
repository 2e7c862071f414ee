import type { Came } from './came.ts';

/** A limit that made a decision smaller than the demand. */
export interface LimitThatBit {
  readonly name: string;
  readonly value: number;
  /** Pilots that it cost. */
  readonly count: number;
}

/** What is wanted of one group. */
export interface GroupDecision {
  readonly group: string;
  /** Pilots to have: those that are there, those that start, those to add. */
  readonly wanted: number;
  /** Pilots to start now. */
  readonly add: number;
  /** Uids of pilots that may go: idle ones, and all of a suspended group. */
  readonly release: readonly string[];
  /** The decision in one sentence. */
  readonly reason: string;
  readonly limits: readonly LimitThatBit[];
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
  /** Decisions in a row that found an idle pilot superfluous, by its uid: the memory of removal. */
  readonly surplusFor: Readonly<Record<string, number>>;
  /** What pilots of each group registered: the memory of trials that failed. */
  readonly came: ReadonlyMap<string, Came>;
}
