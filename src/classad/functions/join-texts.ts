import { type ErrorValue, errorValue } from '../value.ts';

/** Longer texts are an error: a few attributes that repeat each other would fill any memory. */
export const longestText = 10_000_000;

/** `texts` with `glue` between them. */
export function joinTexts(texts: readonly string[], glue = ''): string | ErrorValue {
  let length = glue.length * texts.length;
  for (const text of texts) length += text.length;
  return length > longestText ? errorValue(`a text has at most ${longestText} characters`) : texts.join(glue);
}
