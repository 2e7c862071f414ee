import { GlideinError } from '#base/error.ts';
import { asciiLower } from '#classad/names.ts';
import { poolAttributes } from '#submit/attributes/pool-attributes.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import type { JobFile } from '#wire/file.ts';
import { clashOf } from '#wire/inputs.ts';

/** The texts without the attributes that only the pool may set; the same object if there are none. */
export function withoutOwned(texts: AdTexts): AdTexts {
  const entries = Object.entries(texts);
  const kept = entries.filter(([name]) => !poolAttributes.has(asciiLower(name)));
  return kept.length === entries.length ? texts : Object.fromEntries(kept);
}

/** @throws GlideinError InvalidArgument if one input needs a folder where another input is a file */
export function checkNames(inputs: readonly JobFile[]): void {
  const clash = inputs.length < 2 ? undefined : clashOf(inputs);
  if (clash === undefined) return;
  const [file, inside] = clash;
  throw new GlideinError('InvalidArgument', `the input "${file}" lies where "${inside}" needs a folder`, {
    cure: 'give one of the two another name',
  });
}

/** A submit file with `hold = true` sends JobStatus 5. */
export function isHeld(cluster: AdTexts): boolean {
  const status = Object.entries(cluster).find(([name]) => name.toLowerCase() === 'jobstatus')?.[1];
  return status !== undefined && adFromTexts({ JobStatus: status }).evaluateNumber('JobStatus') === 5;
}
