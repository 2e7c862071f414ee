/**
 * HTCondor's new ("V2") syntax of `Arguments` and `Environment`: blanks separate words, single quotes group, `''`
 * inside of them is one quote (condor_submit manual, "arguments").
 */
export function newSyntaxWords(text: string): string[] {
  const words: string[] = [];
  for (const match of text.matchAll(/(?:[^\s']|'(?:[^']|'')*'?)+/g)) {
    words.push(match[0].replace(/'((?:[^']|'')*)'?/g, (_, inside: string) => inside.replaceAll("''", "'")));
  }
  return words;
}

/** The old syntax of `Args`: blanks separate, nothing groups. */
export const oldSyntaxWords = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
