import { holdCodes } from '#base/hold-codes.ts';
import { FreshProcs, freshProcs } from '../jobs/fresh-procs.ts';
import type { Cluster, Job } from '../jobs/job.ts';
import { newJob } from '../jobs/new-job.ts';
import { ProcIntervals } from '../jobs/proc-intervals.ts';
import type { Transition } from '../jobs/transition.ts';
import { type Changed, nothing } from './changed.ts';
import { afterHold } from './holds.ts';
import type { Queue } from './queue.ts';

type Submit = Extract<Transition, { type: 'submit' }>;

function holdOf({ hold, replayed }: Submit): Job['hold'] {
  const fault = replayed?.fault;
  if (fault !== undefined) return { code: holdCodes.systemPolicy, reason: fault };
  return hold === undefined ? undefined : { code: holdCodes.submittedOnHold, reason: hold };
}

/** Takes a new cluster into the queue, with all of its procs still fresh. */
export function submit(queue: Queue, transition: Submit): Changed {
  const cluster = queue.cluster(transition.cluster) ?? clusterOf(transition);
  // The snapshot already has those that are left.
  if (queue.fresh(cluster.id) !== undefined) return nothing;
  const { procs, at, replayed = {} } = transition;
  const hold = holdOf(transition);
  const shared = newJob(cluster, {
    proc: freshProcs,
    state: hold === undefined ? 'Idle' : 'Held',
    enteredAt: at,
    hold,
    ...(hold === undefined ? {} : { holds: afterHold(undefined, hold.code) }),
    fault: replayed.fault,
  });
  const numbers = ProcIntervals.upTo(procs.count);
  for (const proc of replayed.ended ?? []) numbers.delete(proc);
  const fresh = new FreshProcs(shared, numbers, procs.parts);
  queue.addFresh(fresh);
  return replayed.isWhole === true ? allOwn(queue, fresh) : { jobs: [], fresh: [fresh] };
}

function clusterOf({ cluster, key, owner, at, ad, procs, replayed }: Submit): Cluster {
  return {
    id: cluster,
    key,
    owner,
    queuedAt: at,
    ad,
    procs: procs.count,
    ...(procs.parts.length === 0 ? { plain: true } : {}),
    ...(replayed?.fault === undefined ? {} : { fault: replayed.fault }),
  };
}

/** Makes each fresh proc a job of its own. The cluster has changed too: nothing else says that its row must be written. */
function allOwn(queue: Queue, fresh: FreshProcs): Changed {
  const cluster = fresh.cluster.id;
  const jobs = [...fresh.procs].flatMap((proc) => queue.materialize({ cluster, proc }) ?? []);
  queue.forgetFresh(fresh);
  return { jobs, fresh: [fresh] };
}
