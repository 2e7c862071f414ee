import { freshProcs } from '../jobs/fresh-procs.ts';
import type { Job } from '../jobs/job.ts';
import { isFinal, type JobState, jobStates } from '../jobs/job-state.ts';

/** How many jobs are in which state, and which have ended. Fresh procs are counted and not listed. */
export class StateIndex {
  readonly #ended = new Set<Job>();
  readonly #counts = Object.fromEntries(Object.keys(jobStates).map((state) => [state, 0])) as Record<
    JobState,
    number
  >;

  count(state: JobState): number {
    return this.#counts[state];
  }

  get ended(): ReadonlySet<Job> {
    return this.#ended;
  }

  /** @param count how many procs `job` stands for */
  add(job: Job, count: number): void {
    this.#counts[job.state] += count;
    if (isFinal(job.state) && job.proc !== freshProcs) this.#ended.add(job);
  }

  remove(job: Job, count: number): void {
    this.#counts[job.state] -= count;
    if (isFinal(job.state)) this.#ended.delete(job);
  }
}
