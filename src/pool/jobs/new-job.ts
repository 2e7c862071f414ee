import type { Cluster, ForgottenAttempts, Job } from './job.ts';

/** Empty parts that most of a million jobs share; they are never written to. */
const empty = {
  attributes: Object.freeze({}),
  list: Object.freeze([]) as readonly never[],
  forgotten: Object.freeze({ starts: 0, completions: 0 }) satisfies ForgottenAttempts,
};

/**
 * Makes a job. All jobs are made here, with the same fields in the same order, because the engine then needs the least memory
 * for them. The return type names every field, so the compiler notices a missing one.
 */
export function newJob(
  cluster: Cluster,
  known: Partial<Omit<Job, 'cluster'>> & Pick<Job, 'proc' | 'state'>,
): { [Field in keyof Required<Job>]: Job[Field] } {
  return {
    cluster,
    proc: known.proc,
    attributes: isEmpty(known.attributes) ? empty.attributes : known.attributes,
    inputs: orEmpty(known.inputs),
    state: known.state,
    enteredAt: known.enteredAt ?? cluster.queuedAt,
    claim: known.claim,
    epoch: known.epoch ?? 0,
    seq: known.seq ?? 0,
    attempts: orEmpty(known.attempts),
    forgotten:
      known.forgotten === undefined || isNothing(known.forgotten) ? empty.forgotten : known.forgotten,
    hold: known.hold,
    removeReason: known.removeReason,
    outputs: orEmpty(known.outputs),
    stdout: known.stdout,
    stderr: known.stderr,
    folders: known.folders,
    left: known.left,
    checkpoint: known.checkpoint,
    usage: known.usage,
    trouble: known.trouble,
    holds: known.holds,
    vacated: known.vacated,
    stays: known.stays,
    fault: known.fault,
    priority: known.priority,
    releasedEpoch: known.releasedEpoch,
  };
}

const isEmpty = (attributes: Job['attributes'] | undefined): attributes is undefined =>
  attributes === undefined || Object.keys(attributes).length === 0;

const orEmpty = <Item>(items: readonly Item[] | undefined): readonly Item[] =>
  items === undefined || items.length === 0 ? empty.list : items;

const isNothing = ({ starts, completions }: ForgottenAttempts): boolean => starts === 0 && completions === 0;
