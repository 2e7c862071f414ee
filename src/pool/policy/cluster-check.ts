import type { Job } from '../jobs/job.ts';
import { isFinal } from '../jobs/job-state.ts';
import type { JobValue } from './job-values.ts';
import type { PolicyInputs } from './policy-inputs.ts';

/** What evaluating a job's policies finds: nothing to do, something to do, or expressions that take too long. */
export type Finding = 'nothing' | 'something' | 'slow';

/** The most different combinations of values that are remembered per cluster. */
const mostRemembered = 10_000;

/** One check of the policies of a cluster's jobs: jobs that agree in everything that the policies read are evaluated once. */
export class ClusterCheck {
  readonly #plan: PolicyInputs;
  readonly #evaluate: (job: Job) => Finding;
  readonly #found = new Map<string, Finding>();
  #values: JobValue[] = [];
  #former: JobValue[] | undefined;
  #finding: Finding = 'nothing';

  constructor(plan: PolicyInputs, evaluate: (job: Job) => Finding) {
    this.#plan = plan;
    this.#evaluate = evaluate;
  }

  at(job: Job): Finding {
    // An ended job is still in memory only until its payload is dead, or until it is folded into the history.
    if (isFinal(job.state) && job.stays === undefined) return 'nothing';
    if (!this.#plan.asks(job)) return 'nothing';
    if (!this.#plan.read(job, this.#values)) return this.#evaluate(job);
    // Neighbours are usually alike, and comparing values is cheaper than making a key.
    if (this.#former === undefined || !areEqual(this.#former, this.#values)) {
      const spare = this.#former ?? [];
      this.#former = this.#values;
      this.#values = spare;
      this.#finding = this.#known(job, JSON.stringify(this.#former));
    }
    return this.#finding;
  }

  #known(job: Job, key: string): Finding {
    let finding = this.#found.get(key);
    if (finding === undefined) {
      finding = this.#evaluate(job);
      if (this.#found.size < mostRemembered) this.#found.set(key, finding);
    }
    return finding;
  }
}

function areEqual(a: readonly JobValue[], b: readonly JobValue[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}
