import { ClassAd } from '#classad/class-ad.ts';
import { asciiLower } from '#classad/names.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import type { ClaimRef, Resources } from '#wire/claim.ts';
import type { Start } from '#wire/pool-messages.ts';
import type { Job } from './job.ts';

/** The parts of a job that a `start` message needs. */
export type StartedJob = Pick<Job, 'proc' | 'attributes' | 'inputs' | 'checkpoint'> & {
  readonly cluster: StartedCluster;
};

type StartedCluster = Pick<Job['cluster'], 'id' | 'owner' | 'queuedAt' | 'ad'>;

/**
 * The message that tells a pilot to run a job. It carries the ad's text as it was submitted and not as it would be printed
 * again, so that its size is the one that was checked at submission.
 */
export const startMessage = (
  job: StartedJob,
  claim: ClaimRef,
  resources: Resources,
  trace?: string,
): Start => ({
  type: 'start',
  claim,
  job: nameOf(job),
  ad: { ...sharedTexts(job.cluster, job.attributes), ...ownTexts(job) },
  inputs: [...job.inputs],
  resources,
  ...(job.checkpoint === undefined ? {} : { checkpoint: job.checkpoint }),
  ...(trace === undefined ? {} : { trace }),
});

const nameOf = ({ cluster, proc }: StartedJob): string => `${cluster.id}.${proc}`;

/** In lower case: they come from the pool, whatever was submitted. */
const givenNames: ReadonlySet<string> = new Set(['owner', 'user', 'clusterid', 'qdate', 'procid']);

/** What those jobs of the cluster share whose own attributes have these names. */
function sharedTexts(cluster: StartedCluster, own: AdTexts): AdTexts {
  const hidden = new Set(givenNames);
  for (const name in own) hidden.add(asciiLower(name));
  const given = new ClassAd();
  given.setValue('Owner', cluster.owner);
  given.setValue('User', cluster.owner);
  given.setValue('ClusterId', cluster.id);
  given.setValue('QDate', Math.floor(cluster.queuedAt / 1000));
  return { ...lastOfEach(cluster.ad, hidden), ...given.toTexts() };
}

/** What belongs to this job alone. */
const ownTexts = ({ proc, attributes }: StartedJob): AdTexts => ({
  ...lastOfEach(attributes, givenNames),
  ProcId: String(proc),
});

/** The texts without those with a hidden name, and without those that a later spelling of the same name replaces. */
function lastOfEach(texts: AdTexts, hidden: ReadonlySet<string>): AdTexts {
  const last = new Map<string, readonly [name: string, text: string]>();
  for (const entry of Object.entries(texts)) {
    const name = asciiLower(entry[0]);
    if (!hidden.has(name)) last.set(name, entry);
  }
  return Object.fromEntries(last.values());
}

/** The most texts that are remembered. */
const mostRemembered = 200;

/** What jobs of a cluster have in common whose own attributes have the same names. */
interface Alike {
  readonly cluster: StartedCluster;
  readonly names: readonly string[];
  /** The inside of the JSON of {@link sharedTexts}. */
  readonly shared: string;
  /** The attributes that each of them has of its own, with the JSON of the name. */
  readonly own: readonly { readonly name: string; readonly key: string }[];
}

/**
 * Prints {@link startMessage} as JSON. Most of it is the same for all jobs of a cluster, and is printed once: a pool that
 * starts thousands of jobs a second would spend much of its time printing.
 */
export class StartPrinter {
  /** By the cluster's number and the names of a job's own attributes. */
  readonly #alike = new Map<string, Alike>();
  /** The one of the last job: those that start together are mostly of one cluster. */
  #last: Alike | undefined;
  #resources: { readonly of: Resources; readonly text: string } | undefined;

  print(job: StartedJob, claim: ClaimRef, resources: Resources, trace?: string): string {
    const head = `{"type":"start","claim":${JSON.stringify(claim)},"job":"${nameOf(job)}"`;
    const saved = job.checkpoint === undefined ? '' : `,"checkpoint":${JSON.stringify(job.checkpoint)}`;
    const traced = trace === undefined ? '' : `,"trace":${JSON.stringify(trace)}`;
    const inputs = job.inputs.length === 0 ? '[]' : JSON.stringify(job.inputs);
    return `${head},"ad":{${this.#adOf(job)}},"inputs":${inputs},"resources":${this.#resourcesText(resources)}${saved}${traced}}`;
  }

  /** The inside of the JSON of the ad. */
  #adOf({ cluster, proc, attributes }: StartedJob): string {
    const { shared, own } = this.#alikeOf(cluster, attributes);
    let text = shared;
    for (const { name, key } of own) text += `,${key}:${JSON.stringify(attributes[name])}`;
    return `${text},"ProcId":"${proc}"`;
  }

  #alikeOf(cluster: StartedCluster, attributes: AdTexts): Alike {
    if (this.#last !== undefined && isAlike(this.#last, cluster, attributes)) return this.#last;
    const names = Object.keys(attributes);
    const key = `${cluster.id} ${names.join(' ')}`;
    let alike = this.#alike.get(key);
    if (alike === undefined) {
      alike = {
        cluster,
        names,
        shared: JSON.stringify(sharedTexts(cluster, attributes)).slice(1, -1),
        own: Object.keys(lastOfEach(attributes, givenNames)).map((name) => ({
          name,
          key: JSON.stringify(name),
        })),
      };
      if (this.#alike.size >= mostRemembered) this.#alike.clear();
      this.#alike.set(key, alike);
    }
    this.#last = alike;
    return alike;
  }

  /** Equal jobs take the same object. */
  #resourcesText(of: Resources): string {
    if (this.#resources?.of !== of) this.#resources = { of, text: JSON.stringify(of) };
    return this.#resources.text;
  }
}

function isAlike(last: Alike, cluster: StartedCluster, attributes: AdTexts): boolean {
  if (last.cluster !== cluster) return false;
  let count = 0;
  for (const name in attributes) {
    if (last.names[count] !== name) return false;
    count += 1;
  }
  return count === last.names.length;
}
