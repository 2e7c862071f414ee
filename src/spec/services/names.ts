import * as z from 'zod';

/** The name of a service or of one of its ports: it becomes part of attributes and of templates. */
export const shortName = (sentence: string) =>
  z
    .string()
    .min(1)
    .max(32)
    .regex(/^[a-z][a-z0-9_]*$/, 'write lower-case letters, digits and "_", and begin with a letter')
    .describe(sentence);

/** One word of a command line, or the value of a variable. It may contain templates. */
export const word = z.string().max(1024);

/** The words of a command line. */
export const words = (sentence: string, most: number) =>
  z.array(word).max(most).meta({ 'x-kubernetes-list-type': 'atomic' }).describe(sentence);

/** Environment variables by name. */
export const variables = (sentence: string, most: number) =>
  z
    .record(
      z
        .string()
        .min(1)
        .max(128)
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'write letters, digits and "_"'),
      word,
    )
    .meta({ maxProperties: most })
    .default({})
    .describe(sentence);

export const absolutePath = z.string().min(1).max(1024).regex(/^\//, 'write an absolute path');

/** A regular expression in JavaScript's syntax. */
export const pattern = (sentence: string) =>
  z.string().min(1).max(256).refine(isPattern, 'this is no regular expression').describe(sentence);

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
