import * as z from 'zod';

/** A list whose entries differ in `key`, so that two writers can each own their entries (server-side apply). */
export function keyedList<Item extends z.ZodObject, Key extends keyof z.output<Item> & string>(
  item: Item,
  key: Key,
  max: number,
) {
  return z
    .array(item)
    .max(max)
    .superRefine((entries, context) => {
      const names = entries.map((entry) => String((entry as Record<string, unknown>)[key]));
      repeated(names).forEach((index) => {
        context.addIssue({
          code: 'custom',
          message: `two entries have the ${key} "${names[index]}"`,
          path: [index, key],
          params: { cure: `give each entry its own ${key}` },
        });
      });
    })
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] });
}

/** A list of words without duplicates. */
export function wordSet<Item extends z.ZodType<string>>(item: Item, max: number) {
  return z
    .array(item)
    .max(max)
    .superRefine((words, context) => {
      repeated(words).forEach((index) => {
        context.addIssue({
          code: 'custom',
          message: `"${words[index]}" is listed twice`,
          path: [index],
          params: { cure: 'remove one of them' },
        });
      });
    })
    .meta({ 'x-kubernetes-list-type': 'set' });
}

/** The indices of words that also stand at an earlier index. */
function repeated(words: readonly string[]): number[] {
  return words.flatMap((word, index) => (words.indexOf(word) < index ? [index] : []));
}
