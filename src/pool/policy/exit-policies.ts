import { asciiLower } from '#classad/names.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import type { Cluster, Job } from '../jobs/job.ts';

const never = /^(false|0)$/i;
const isUndefined = /^undefined$/i;

/** The attributes that decide where the end of a job's program leaves the job, each with the texts by which it decides nothing. */
const deciding: ReadonlyMap<string, RegExp> = new Map([
  ['allowedjobduration', isUndefined],
  ['allowedexecuteduration', isUndefined],
  ['timerremove', /^-1$/],
  ['periodichold', never],
  ['periodicremove', never],
  ['onexithold', never],
  ['onexitremove', /^true$/i],
  ['leavejobinqueue', never],
]);

/**
 * Tells jobs whose own policies may decide something when their program ends from those that just complete. Most jobs are of
 * the second kind, and their whole ads need not be made.
 */
export class ExitPolicies {
  readonly #clusters = new WeakMap<Cluster, boolean>();

  /** Whether a policy of the job or of its cluster may decide something. */
  mayDecide({ cluster, attributes }: Pick<Job, 'cluster' | 'attributes'>): boolean {
    let shared = this.#clusters.get(cluster);
    if (shared === undefined) {
      shared = decides(cluster.ad);
      this.#clusters.set(cluster, shared);
    }
    return shared || decides(attributes);
  }
}

function decides(texts: AdTexts): boolean {
  for (const name of Object.keys(texts)) {
    const nothing = deciding.get(asciiLower(name));
    if (nothing !== undefined && !nothing.test(texts[name] ?? '')) return true;
  }
  return false;
}
