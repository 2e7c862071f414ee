import type { Target } from './target.ts';

/** Something hostile that one submitter or the owner of some pilots can do. */
export interface Attack {
  readonly name: string;
  /** Goes on until `signal` aborts, and leaves nothing in the pool. @returns what it has done, by name */
  run(target: Target, signal: AbortSignal): Promise<Readonly<Record<string, number>>>;
}

export const attacker = 'mallory';
