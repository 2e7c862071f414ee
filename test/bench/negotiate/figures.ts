import { report } from '#testing/figures.ts';
import { dynamicShare, users } from './jobs.ts';

export interface Sizes {
  readonly jobs: number;
  readonly autoclusters: number;
  readonly slots: number;
  readonly buckets: number;
}

interface More {
  readonly aim: number | null;
  readonly baseline?: number;
  /** Milliseconds if absent. */
  readonly unit?: string;
  readonly more: string;
}

/** Reports a figure with the conditions that all figures of this benchmark share. */
export class Figures {
  readonly #conditions: string;

  constructor({ jobs, autoclusters, slots, buckets }: Sizes) {
    this.#conditions = `${jobs} jobs in ${autoclusters} autoclusters of ${users} users, ${slots} slots in ${buckets} buckets, mixed free resources, ${dynamicShare * 100} % of the autoclusters have expressions that read free resources, names or the time; the pool's core with its database on the disk, pilots without sockets, all in one process`;
  }

  report(name: string, figure: number, { aim, baseline, unit = 'ms', more }: More): void {
    report({
      name,
      figure,
      unit,
      aim,
      better: 'lower',
      baseline: baseline ?? null,
      conditions: `${more}; ${this.#conditions}`,
    });
  }
}

export const progress = (what: string): void => void process.stderr.write(`${what}\n`);
