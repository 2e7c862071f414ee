import * as z from 'zod';
import { describeError } from '#base/error.ts';
import type { Expression } from '#classad/ast.ts';
import { ClassAd } from '#classad/class-ad.ts';
import { asciiLower } from '#classad/names.ts';
import { parseExpression } from '#classad/parser.ts';

/** The most characters of an attribute's name, and of the text of its expression. */
export const longestName = 256;
export const longestText = 1_048_576;

/** A ClassAd on the wire: attribute name → text of its expression (new ClassAd syntax). */
export const adTexts = z.record(z.string().max(longestName), z.string().max(longestText));

/** The most attributes of a slot: the ads of HTCondor's slots have a few hundred. */
export const mostSlotAttributes = 2_000;

/** The ad of a slot. Its attributes are counted before any is read: each takes a few microseconds of the pool's time. */
export const slotAdTexts = z.preprocess((texts, context) => {
  if (typeof texts === 'object' && texts !== null && Object.keys(texts).length > mostSlotAttributes)
    context.addIssue(`a slot may have at most ${mostSlotAttributes} attributes`);
  return texts;
}, adTexts);

export type AdTexts = z.infer<typeof adTexts>;

/**
 * The ad that `texts` stands for.
 * @throws GlideinError InvalidExpression naming what does not parse.
 */
export const adFromTexts = (texts: AdTexts): ClassAd => ClassAd.fromTexts(texts);

/**
 * The text of an attribute, however its name is spelled; undefined if there is none.
 * @param name in lower case
 */
export function textNamed(texts: AdTexts, name: string): string | undefined {
  // For an object with many names this is several times as fast as `for ... in`, which looks each of them up.
  for (const each of Object.keys(texts))
    if (each.length === name.length && asciiLower(each) === name) return texts[each];
  return undefined;
}

/**
 * Sets every attribute of `texts` that can be read. It is for texts that were accepted earlier, perhaps by another version:
 * one that does not parse must not stop whoever reads the ad now.
 * @param parse parses a text; a caller may pass one that caches
 * @returns the first attribute that cannot be read, and why; undefined when all can
 */
export function readInto(
  ad: ClassAd,
  texts: AdTexts,
  parse: (text: string) => Expression = parseExpression,
): string | undefined {
  let fault: string | undefined;
  for (const [name, text] of Object.entries(texts)) {
    try {
      ad.set(name, parse(text));
    } catch (error) {
      fault ??= `its attribute ${name} cannot be read: ${describeError(error)}`;
    }
  }
  return fault;
}
