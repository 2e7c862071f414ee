import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';

/** A value of a chart as its values.yaml has it. */
export interface DescribedValue {
  /** Such as `image.tag`. */
  readonly path: string;
  readonly sentence: string;
  readonly fallback: unknown;
}

/**
 * The values in the text of a values.yaml, each with the comment above it, in the order of the file; a group comes before what is in it.
 *
 * @param isGroup whether what is below the path are values of their own
 * @throws Error naming a value without a comment
 */
export function describedValues(text: string, isGroup: (path: string) => boolean): readonly DescribedValue[] {
  const document = parseDocument(text);
  const root = document.contents;
  if (!isMap(root)) throw new Error('the values are not a map');
  // The comment above the first value is the document's own.
  return valuesIn(root, '', document.commentBefore ?? root.commentBefore, isGroup);
}

function valuesIn(
  map: YAMLMap,
  prefix: string,
  first: string | null | undefined,
  isGroup: (path: string) => boolean,
): readonly DescribedValue[] {
  return map.items.flatMap((pair, index) => {
    const { key, value } = pair as Pair;
    if (!isScalar(key)) throw new Error(`${prefix}: a key is not a word`);
    const name = String(key.value);
    const path = `${prefix}${name}`;
    const comment = key.commentBefore ?? (index === 0 ? first : undefined);
    if (!comment) throw new Error(`${path}: write above it what it means`);
    const fallback = (map.toJSON() as Record<string, unknown>)[name];
    const described = { path, sentence: sentenceOf(comment), fallback };
    if (!isMap(value) || !isGroup(path)) return [described];
    return [described, ...valuesIn(value, `${path}.`, value.commentBefore, isGroup)];
  });
}

const sentenceOf = (comment: string): string => comment.trim().split(/\s+/).join(' ');
