import type { Pool } from '#backend/pool.ts';

/** A pilot of four cores that takes jobs as they come and ends none. */
export interface BenchPilot {
  /** Its connection is cut without a word; what runs on it runs on. */
  disconnect(): Promise<void>;
  /** It comes back with what it held. */
  reconnect(): Promise<void>;
}

/**
 * A pool of one kind with what surrounds it: its users, its pilots and its machine. Whoever writes an adapter of the port
 * writes one of these, and nothing of it is particular to a kind: a pool of HTCondor queues with `condor_submit`, its pilots
 * are startds, and its lease is whatever it is set to.
 */
export interface PoolBench {
  /** The way of a site to the pool, with credentials that are good unless it is said otherwise. */
  open(site: string, credentials?: 'good' | 'refused'): Pool;
  /** A user queues jobs of one core and 128 MB; `more` are attributes of theirs, as ClassAd expressions. */
  submit(jobs: number, more?: Readonly<Record<string, string>>): Promise<void>;
  startPilot(site: string, uid: string): Promise<BenchPilot>;
  /** How many executions have begun on pilots: a job that runs again counts again. */
  executions(): number;
  /** The pool ends, and cannot be reached. */
  stop(): Promise<void>;
  /** It is back at the same address, with all that it has acknowledged. */
  start(): Promise<void>;
  /** Time goes by for the pool and for the ways to it, in truth or by their clock; connected pilots stay alive meanwhile. */
  passTime(milliseconds: number): Promise<void>;
  /** After how much silence of a site the pool takes what it announced for forgotten, in milliseconds. */
  readonly siteLease: number;
  end(): Promise<void>;
}
