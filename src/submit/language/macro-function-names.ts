/** The names of the macro functions, as they are written between `$` and `(`. */
export const functionNames = [
  'ENV',
  'INT',
  'REAL',
  'STRING',
  'CHOICE',
  'RANDOM_CHOICE',
  'RANDOM_INTEGER',
  'SUBSTR',
  'BASENAME',
  'DIRNAME',
  'F',
] as const;

export type FunctionName = (typeof functionNames)[number];

const fileParts = /^F[fpduwnxbqa]*$/;

/** Whether `name` is one of {@link functionNames}, or `F` with letters that choose parts of a file name. */
export function isFunctionName(name: string): boolean {
  return fileParts.test(name) || (functionNames as readonly string[]).includes(name);
}
