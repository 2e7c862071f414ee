import { ClassAd } from '#classad/class-ad.ts';
import { asciiLower } from '#classad/names.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import type { ClaimRef, Resources } from '#wire/claim.ts';
import type { Start } from '#wire/pool-messages.ts';
import type { Job } from './job.ts';

/** What a `start` says of a job. */
export type StartedJob = Pick<Job, 'proc' | 'attributes' | 'inputs'> & {
  readonly cluster: Pick<Job['cluster'], 'id' | 'owner' | 'queuedAt' | 'ad'>;
};

/**
 * The message that tells a pilot to run a job. Its ad is the text that was submitted, not one that is printed again, so
 * that what was measured at the submission is what is sent.
 */
export const startMessage = (job: StartedJob, claim: ClaimRef, resources: Resources): Start => ({
  type: 'start',
  claim,
  job: `${job.cluster.id}.${job.proc}`,
  ad: textsOf(job),
  inputs: [...job.inputs],
  resources,
});

/** Whose the job is and its number are the pool's word, whatever was submitted. */
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
