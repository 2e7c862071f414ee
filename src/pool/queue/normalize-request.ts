import { GlideinError } from '#base/error.ts';
import { asciiLower } from '#classad/names.ts';
import { poolAttributes } from '#submit/attributes/pool-attributes.ts';
import { substituteCluster } from '#submit/language/cluster-number.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import type { JobFile } from '#wire/file.ts';
import { clashOf, lastOfEachName } from '#wire/inputs.ts';
import type { SubmitRequest } from '#wire/jobs.ts';

type Proc = SubmitRequest['procs'][number];

/** A request without attributes that only the pool may set, and with one input of each name. */
export const normalized = (request: SubmitRequest): SubmitRequest => ({
  ...request,
  cluster: withoutOwned(request.cluster),
  procs: request.procs.map(cleanProc),
});

/** Returns the same object if nothing changes, as for most procs. */
function cleanProc(proc: Proc): Proc {
  const attributes = withoutOwned(proc.attributes);
  const inputs = lastOfEachName(proc.inputs);
  return attributes === proc.attributes && inputs === proc.inputs
    ? proc
    : { attributes, inputs: [...inputs] };
}

/** The texts without the attributes that only the pool may set; the same object if there are none. */
function withoutOwned(texts: AdTexts): AdTexts {
  const entries = Object.entries(texts);
  const kept = entries.filter(([name]) => !poolAttributes.has(asciiLower(name)));
  return kept.length === entries.length ? texts : Object.fromEntries(kept);
}

/** The proc with the number of its cluster where its attributes ask for that. */
export function withCluster(proc: Proc, cluster: number): Proc {
  const attributes = substituteCluster(proc.attributes, cluster);
  return attributes === proc.attributes ? proc : { ...proc, attributes };
}

/** @throws GlideinError InvalidArgument if one input needs a folder where another input is a file */
export function checkNames(inputs: readonly JobFile[]): void {
  const clash = clashOf(inputs);
  if (clash === undefined) return;
  const [file, inside] = clash;
  throw new GlideinError('InvalidArgument', `the input "${file}" lies where "${inside}" needs a folder`, {
    cure: 'give one of the two another name',
  });
}

/** A submit file with `hold = true` sends JobStatus 5. */
export const isHeld = ({ cluster }: SubmitRequest): boolean => {
  const status = Object.entries(cluster).find(([name]) => name.toLowerCase() === 'jobstatus')?.[1];
  return status !== undefined && adFromTexts({ JobStatus: status }).evaluateNumber('JobStatus') === 5;
};
