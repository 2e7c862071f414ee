import { ClassAd } from '#classad/class-ad.ts';
import { asciiLower } from '#classad/names.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import type { ClaimRef, Resources } from '#wire/claim.ts';
import type { Start } from '#wire/pool-messages.ts';
import type { Job } from './job.ts';

/** The parts of a job that a `start` message needs. */
export type StartedJob = Pick<Job, 'proc' | 'attributes' | 'inputs'> & {
  readonly cluster: Pick<Job['cluster'], 'id' | 'owner' | 'queuedAt' | 'ad'>;
};

/**
 * The message that tells a pilot to run a job. It carries the ad's text as it was submitted and not as it would be printed
 * again, so that its size is the one that was checked at submission.
 */
export const startMessage = (job: StartedJob, claim: ClaimRef, resources: Resources): Start => ({
  type: 'start',
  claim,
  job: `${job.cluster.id}.${job.proc}`,
  ad: textsOf(job),
  inputs: [...job.inputs],
  resources,
});

/** The owner and the number of the job come from the pool, whatever was submitted. */
function textsOf({ cluster, proc, attributes }: StartedJob): AdTexts {
  const own = new ClassAd();
  own.setValue('Owner', cluster.owner);
  own.setValue('User', cluster.owner);
  own.setValue('ClusterId', cluster.id);
  own.setValue('QDate', Math.floor(cluster.queuedAt / 1000));
  own.setValue('ProcId', proc);
  const texts = new Map<string, readonly [name: string, text: string]>();
  for (const layer of [cluster.ad, attributes, own.toTexts()])
    for (const entry of Object.entries(layer)) texts.set(asciiLower(entry[0]), entry);
  return Object.fromEntries(texts.values());
}
