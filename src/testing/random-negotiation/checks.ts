import type { Environment } from '#classad/environment.ts';
import { fitOf } from '#match/fit.ts';
import { type Resources, resourceNames } from '#match/resources.ts';
import type { Pilot } from '#pool/collector/pilot.ts';
import type { Job } from '#pool/jobs/job.ts';
import { requestedLimits } from '#pool/negotiator/requested-limits.ts';
import type { Scene } from '../negotiation-scene.ts';
import type { CappedTurns } from './capped-turns.ts';

/** What the checks look at; all of it is evaluated again, pair by pair, without buckets or anything that is remembered. */
export interface Checked {
  readonly scene: Scene;
  readonly turns: CappedTurns;
  readonly environment: Environment;
}

const labelOf = ({ cluster, proc }: Job): string => `${cluster.id}.${proc}`;

/** @returns what the job takes of the pilot; undefined if it may not run there now */
function taken({ scene, environment }: Checked, job: Job, pilot: Pilot): Resources | undefined {
  const kept = pilot.reservedFor !== 0 && pilot.reservedFor !== scene.autoclusters.of(job)?.id;
  if (kept || !pilot.accepts(scene.milliseconds)) return undefined;
  const ad = scene.ads.matching(job);
  const fit = fitOf(ad, pilot.freeSlot, environment);
  const short = scene.limits.lacking(requestedLimits(ad).on(pilot.freeSlot, environment));
  return fit.fits && short === undefined ? fit.takes : undefined;
}

/** @returns what is wrong with a grant that is about to be made; undefined if nothing is */
export function complaintAbout(
  checked: Checked,
  { job, pilot, takes }: { readonly job: Job; readonly pilot: Pilot; readonly takes: Resources },
): string | undefined {
  const expected = taken(checked, job, pilot);
  const what = `${labelOf(job)} on ${pilot.facts.uid}`;
  if (expected === undefined) return `a job was granted a slot that it may not have: ${what}`;
  const other = resourceNames.find((name) => expected[name] !== takes[name]);
  return other === undefined ? undefined : `a grant took another amount of ${other}: ${what}`;
}

const mayStart = ({ scene, turns }: Checked, job: Job): boolean =>
  turns.left(job.cluster.owner) > 0 && scene.hasMemory();

/** @returns a job that waits although some slot, the limits and its quota would let it run; undefined if there is none */
export function passedOver(checked: Checked): string | undefined {
  const { scene } = checked;
  for (const job of scene.inState('Idle')) {
    const autocluster = scene.autoclusters.of(job);
    if (autocluster === undefined) return `${labelOf(job)} waits in no autocluster`;
    if (!mayStart(checked, job)) continue;
    const pilot = scene.pilots.find((each) => taken(checked, job, each) !== undefined);
    if (pilot === undefined) continue;
    const slot = scene.slots.of(pilot);
    return `${labelOf(job)} fits ${pilot.facts.uid} and waits: ${JSON.stringify({ lookedThrough: autocluster.lookedThrough, newest: scene.slots.newest, slot: slot?.newest, bucket: slot?.bucket.number })}`;
  }
  return undefined;
}

/** @returns a job that should have come before this one, of the same submitter, on a slot that has become free; or undefined */
export function betterThan(checked: Checked, granted: Job, pilot: Pilot): string | undefined {
  const { autoclusters } = checked.scene;
  const own = autoclusters.of(granted);
  for (const job of checked.scene.inState('Idle')) {
    const other = autoclusters.of(job);
    if (own === undefined || other === undefined || other === own || other.submitter !== own.submitter)
      continue;
    if (!mayStart(checked, job) || taken(checked, job, pilot) === undefined) continue;
    const isOlder = other.waiting.oldestCluster < own.waiting.oldestCluster;
    if (other.priority > own.priority || (other.priority === own.priority && isOlder))
      return `${labelOf(granted)} came before ${labelOf(job)} on ${pilot.facts.uid}`;
  }
  return undefined;
}

/** @returns a pilot of which less than nothing is free; undefined if there is none */
export const overdrawn = ({ scene }: Checked): string | undefined =>
  scene.pilots
    .filter(({ free }) => resourceNames.some((name) => free[name] < 0))
    .map(({ facts }) => `less than nothing is free of ${facts.uid}`)[0];
