import { Counter, Histogram, type Registry } from 'prom-client';
import type { Clock } from '#base/clock.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Attempt } from '#wire/jobs.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { Claim, Job } from '../jobs/job.ts';
import { type ExecutionOutcome, executionOutcomes } from './execution-outcome.ts';
import { groupKey, groupLabels } from './group-labels.ts';
import { Labelled } from './labelled.ts';
import { NodeMetrics } from './node-metrics.ts';

/** The most groups with series of their own. */
const mostGroups = 200;

/** Seconds after which no pilot waits for a container; one that says more must not spoil the sum. */
const longestStart = 3600;

/** Seconds. */
const buckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300];

/** Metrics of what claims were used for, and of how long payloads took to start. No job and no pilot is named. */
export class ExecutionMetrics {
  readonly #seconds = new Labelled<Map<ExecutionOutcome, number>>(mostGroups, () => new Map());
  readonly #ends: Counter<'outcome'>;
  readonly #starts: Histogram;
  readonly #containers: Histogram;
  /** Undefined before `watch`. */
  #nodes: NodeMetrics | undefined;
  /** While the journal is replayed, claims end that others have counted. */
  #isReplay = true;

  constructor(registry: Registry) {
    const registers = [registry];
    const seconds = this.#seconds;
    new Counter({
      name: 'glidein_pool_execution_core_seconds_total',
      help: 'Core-seconds of claims that are over, by what came of them; only Succeeded ones were not wasted.',
      labelNames: ['site', 'group', 'outcome'],
      registers,
      collect() {
        this.reset();
        for (const [key, outcomes] of seconds.all())
          for (const [outcome, sum] of outcomes) this.inc({ ...groupLabels(key), outcome }, sum);
      },
    });
    this.#ends = new Counter({
      name: 'glidein_pool_executions_total',
      help: 'Executions that are over, by what came of them; the outcomes are those of their core-seconds.',
      labelNames: ['outcome'],
      registers,
    });
    for (const outcome of executionOutcomes) this.#ends.inc({ outcome }, 0);
    this.#containers = new Histogram({
      name: 'glidein_pool_container_start_seconds',
      help: 'Time in which the container of a payload came up, as pilots measure it: without inputs and images.',
      buckets,
      registers,
    });
    this.#starts = new Histogram({
      name: 'glidein_pool_payload_start_seconds',
      help: 'Time from a claim to the first instruction of its payload: inputs, image and container.',
      buckets,
      registers,
    });
  }

  /** From now on it is known where time was wasted. */
  watch(registry: Registry, clock: Clock): void {
    this.#nodes = new NodeMetrics(registry, clock);
  }

  /** A payload runs. @param seconds undefined if an older pilot does not say, or if it was said before */
  containerStarted(seconds: number | undefined): void {
    if (seconds !== undefined) this.#containers.observe(Math.min(seconds, longestStart));
  }

  /** From now on what ends is new. */
  begin(): void {
    this.#isReplay = false;
  }

  /**
   * @param now epoch milliseconds
   * @param slot of the pilot, if it is still known
   */
  claimEnded(job: Job, claim: Claim, now: number, slot: () => ClassAd | undefined): void {
    if (this.#isReplay) return;
    const attempt = job.attempts.findLast(({ epoch }) => epoch === claim.ref.epoch);
    if (attempt === undefined) return;
    const { claimedAt, startedAt, group } = attempt;
    if (startedAt !== undefined) this.#starts.observe(Math.max(0, startedAt - claimedAt) / 1000);
    const outcomes = this.#seconds.of(groupKey({ site: claim.site ?? '', group }));
    const outcome = outcomeOf(job, attempt);
    const seconds = Math.max(0, (attempt.endedAt ?? now) - claimedAt) / 1000;
    const coreSeconds = seconds * claim.takes.cpus;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + coreSeconds);
    this.#ends.inc({ outcome });
    this.#nodes?.claimEnded(outcome, coreSeconds, slot);
  }
}

/** What the payload itself came to; an execution that exited is judged by its exit code. */
const ofKind: Readonly<Record<Exclude<Outcome['kind'], 'exited'>, ExecutionOutcome>> = {
  signalled: 'Failed',
  startFailed: 'StartFailed',
  outputFailed: 'OutputFailed',
  exceeded: 'Exceeded',
  stopped: 'Stopped',
};

/** A job that no longer runs when its claim ends had been stopped before, whatever its payload said to that. */
function outcomeOf({ state }: Job, { outcome }: Attempt): ExecutionOutcome {
  if (state === 'Held' || state === 'Removed') return state;
  if (state !== 'Running') return 'Vacated';
  if (outcome === undefined) return 'Lost';
  if (outcome.kind !== 'exited') return ofKind[outcome.kind];
  return outcome.exitCode === 0 ? 'Succeeded' : 'Failed';
}
