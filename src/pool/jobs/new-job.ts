import type { Cluster, ForgottenAttempts, Job } from './job.ts';

/** Parts of a job that are empty in most of a million, so that those share them. Nobody writes to one. */
const empty = {
  attributes: Object.freeze({}),
  list: Object.freeze([]) as readonly never[],
  forgotten: Object.freeze({ starts: 0, completions: 0 }) satisfies ForgottenAttempts,
};

/**
 * A job from what is known of it. All jobs are made here, with the same fields in the same order: the engine then keeps
 * them in the least memory. The type of what is made names each field, so that none is forgotten.
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
    usage: known.usage,
    trouble: known.trouble,
    holds: known.holds,
    vacated: known.vacated,
    stays: known.stays,
    releasedEpoch: known.releasedEpoch,
  };
}

const isEmpty = (attributes: Job['attributes'] | undefined): attributes is undefined =>
  attributes === undefined || Object.keys(attributes).length === 0;

const orEmpty = <Item>(items: readonly Item[] | undefined): readonly Item[] =>
  items === undefined || items.length === 0 ? empty.list : items;

const isNothing = ({ starts, completions }: ForgottenAttempts): boolean => starts === 0 && completions === 0;
