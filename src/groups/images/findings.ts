import { count } from '#base/count.ts';
import { describeError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import { KubeError } from '#kube/kube-error.ts';
import type { ImageSetStatus } from '#spec/image-set-status.ts';
import type { ImageSetResource } from '../cluster/resources.ts';
import type { Finding } from '../status/conditions.ts';
import { directoryName } from './directories.ts';
import { publisherNames } from './names.ts';

/**
 * The longest name of a StatefulSet that can have pods: they carry it and a hash of eleven characters as a label, which may
 * have at most 63.
 */
const longestStatefulSet = 52;

export const notReady = (reason: string, message: string): Finding => ({
  type: 'Ready',
  status: 'False',
  reason,
  message,
});

/** Why nothing can be created for a set of this name; undefined if something can. */
export function nameTooLong(set: ImageSetResource): Finding | undefined {
  const { statefulSet } = publisherNames(set);
  if (statefulSet.length <= longestStatefulSet) return undefined;
  const most = longestStatefulSet - (statefulSet.length - set.metadata.name.length);
  return notReady(
    'NameTooLong',
    `the name is too long for the objects named after it; use at most ${most} characters`,
  );
}

export const directoryTaken = (set: ImageSetResource, older: ImageSetResource): Finding =>
  notReady(
    'DirectoryTaken',
    `${directoryName(older)} belongs to the older ImageSet ${older.metadata.name}, and one directory has one publisher: write another directory.path, or write the images of both into one ImageSet; nothing is published for ${set.metadata.name}`,
  );

export const claimMissing = ({ spec: { directory } }: ImageSetResource): Finding =>
  notReady(
    'ClaimMissing',
    `there is no PersistentVolumeClaim ${directory.claimName} in this namespace; create it, and let pilots mount it too`,
  );

/** @param words what the kubelet says of a Secret, a ConfigMap or a volume that it cannot mount */
export const cannotStart = (words: string): Finding =>
  notReady(
    'CannotStart',
    `${truncate(words, 400)}; check spec.imagePullSecrets, spec.certificateAuthorities and the claim`,
  );

export const invalidSpec = (problem: string): Finding => notReady('InvalidSpec', problem);

/** Why a publisher could not be made. */
export const cannotBeMade = (error: unknown): Finding =>
  notReady(error instanceof KubeError ? 'RefusedByCluster' : 'CannotBeMade', describeError(error));

/** For a publisher that serves: whether it does what the set says. */
export function ready(set: ImageSetResource, answer: ImageSetStatus | undefined): Finding {
  if (answer?.specProblem !== undefined)
    return notReady(
      'InvalidSpec',
      `the publisher goes on with an older specification: ${answer.specProblem}`,
    );
  if (set.spec.paused)
    return notReady(
      'Paused',
      'nothing is fetched, published or removed while spec.paused is true; what is published stays',
    );
  return {
    type: 'Ready',
    status: 'True',
    reason: 'Serving',
    message: `the publisher keeps ${directoryName(set)} as the set says; what is published there stays when the set is deleted`,
  };
}

const imagesLive = (status: Finding['status'], reason: string, message: string): Finding => ({
  type: 'ImagesLive',
  status,
  reason,
  message,
});

/** For a publisher that cannot be asked, with the reason why. What was known stays in the status, with its age. */
export function imagesUnknown(because: string, lastAnswer: string | undefined): Finding {
  const known =
    lastAnswer === undefined
      ? 'the publisher has not answered yet'
      : `what this status says of images is as of ${lastAnswer}`;
  return imagesLive('Unknown', 'NoAnswer', `${known}: ${because}`);
}

/** How many failures a sentence tells. */
const mostTold = 3;

/** A pattern that cannot be listed counts among the failures, and has no tags. */
function whatFails(tags: number, failed: number, listings: ImageSetStatus['listings']): string {
  const patterns = listings.filter(({ failure }) => failure !== undefined).length;
  const ofTags = `${failed - patterns} of ${count(tags, 'tag')} fail`;
  if (patterns === 0) return ofTags;
  const unlisted = `${count(patterns, 'pattern')} cannot be listed`;
  return failed === patterns ? unlisted : `${ofTags}, and ${unlisted}`;
}

/** Whether every tag is live and up to date. */
export function imagesFound({ counts, images, listings }: ImageSetStatus): Finding {
  const { tags, published, pending, failed } = counts;
  if (failed > 0) {
    const failures = [...images, ...listings].filter(({ failure }) => failure !== undefined);
    const told = failures
      .slice(0, mostTold)
      .map(({ reference, failure }) => `${reference}: ${failure?.reason}`)
      .join('; ');
    const more =
      failed > mostTold ? `; and ${failed - mostTold} more, of which status.images tells the first` : '';
    return imagesLive('False', 'Failing', `${whatFails(tags, failed, listings)}: ${told}${more}`);
  }
  if (pending > 0)
    return imagesLive(
      'False',
      'Publishing',
      `${published} of ${count(tags, 'tag')} are live, ${pending} to come`,
    );
  return imagesLive(
    'True',
    'AllLive',
    tags === 0 ? 'the set has no tags' : `${count(tags, 'tag')}, all live`,
  );
}
