import { GlideinError } from '#base/error.ts';
import { asciiLower } from '#classad/names.ts';
import { poolAttributes } from '#submit/attributes/pool-attributes.ts';
import { type AdTexts, adFromTexts, textNamed } from '#wire/ad-texts.ts';
import type { JobFile } from '#wire/file.ts';
import { clashOf } from '#wire/inputs.ts';

/**
 * The texts without the attributes that only the pool may set; the same object if there are none.
 * @param isOwned whether only the pool may set an attribute
 */
export function withoutOwned(
  texts: AdTexts,
  isOwned = (name: string): boolean => poolAttributes.has(asciiLower(name)),
): AdTexts {
  const kept: Record<string, string> = {};
  let isWhole = true;
  for (const name of Object.keys(texts)) {
    if (isOwned(name)) isWhole = false;
    else kept[name] = texts[name] as string;
  }
  return isWhole ? texts : kept;
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
  const status = textNamed(cluster, 'jobstatus');
  return status !== undefined && isFive(status);
}

/** Most texts are a number, which need not be parsed. */
const isFive = (text: string): boolean =>
  /^[0-9]$/.test(text) ? text === '5' : adFromTexts({ JobStatus: text }).evaluateNumber('JobStatus') === 5;
