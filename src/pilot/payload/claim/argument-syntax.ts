/**
 * HTCondor's new ("V2") syntax of `Arguments` and `Environment`: blanks separate words, single quotes group, and `''`
 * inside single quotes is one quote (condor_submit manual, "arguments").
 */
export function newSyntaxWords(text: string): string[] {
  const words: string[] = [];
  for (const match of text.matchAll(/(?:[^\s']|'(?:[^']|'')*'?)+/g)) {
    words.push(match[0].replace(/'((?:[^']|'')*)'?/g, (_, inside: string) => inside.replaceAll("''", "'")));
  }
  return words;
}

/** The old syntax of `Args`: blanks separate words, and nothing groups them. */
export const oldSyntaxWords = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

/** The text of an attribute of the job's ad, if it has one. */
type ReadText = (attribute: string) => string | undefined;

/** The arguments of a job. If its ad has them in both syntaxes, the new one counts, as in HTCondor. */
export function argumentWords(textOf: ReadText): string[] {
  const newSyntax = textOf('Arguments');
  return newSyntax === undefined ? oldSyntaxWords(textOf('Args') ?? '') : newSyntaxWords(newSyntax);
}

/** The variables of a job's environment, with the same preference. */
export function environmentVariables(textOf: ReadText): [name: string, value: string][] {
  const newSyntax = textOf('Environment');
  const oldSyntax = () => (textOf('Env') ?? '').split(textOf('EnvDelim') ?? ';');
  const words = newSyntax === undefined ? oldSyntax() : newSyntaxWords(newSyntax);
  return words.flatMap((word): [string, string][] => {
    const equals = word.indexOf('=');
    return equals > 0 ? [[word.slice(0, equals), word.slice(equals + 1)]] : [];
  });
}
