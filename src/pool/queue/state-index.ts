import { freshProcs } from '../jobs/fresh-procs.ts';
import type { Job } from '../jobs/job.ts';
import { type JobState, jobStates } from '../jobs/job-state.ts';

/** Which jobs are in which state. Fresh procs are counted and not listed. */
export class StateIndex {
  readonly #jobs = byState(() => new Set<Job>());
  readonly #counts = byState(() => 0);

  count(state: JobState): number {
    return this.#counts[state];
  }

  jobs(state: JobState): ReadonlySet<Job> {
    return this.#jobs[state];
  }

  /** @param count how many procs `job` stands for */
  add(job: Job, count: number): void {
    this.#counts[job.state] += count;
    if (job.proc !== freshProcs) this.#jobs[job.state].add(job);
  }

  remove(job: Job, count: number): void {
    this.#counts[job.state] -= count;
    this.#jobs[job.state].delete(job);
  }
}

const byState = <Value>(make: () => Value): Record<JobState, Value> =>
  Object.fromEntries(Object.keys(jobStates).map((state) => [state, make()])) as Record<JobState, Value>;
