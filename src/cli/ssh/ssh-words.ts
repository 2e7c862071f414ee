import { commandAt } from '../command-loader.ts';

/**
 * The words after `ssh` with `--` between its own and the command's, as ssh(1) takes them apart: options may stand on both sides
 * of the job, and what follows is the command, whatever it looks like.
 */
export function sshWords(words: readonly string[]): string[] {
  let at = 0;
  let job: number | undefined;
  while (at < words.length) {
    const word = words[at] ?? '';
    if (word === '--') return [...words];
    // A client setting, perhaps with its value in the next word.
    const settings = commandAt(words.slice(at));
    if (settings > 0) at += settings;
    else if (word.startsWith('-') && word !== '-') at += 1;
    else if (job === undefined) job = at++;
    else return [...words.slice(0, at), '--', ...words.slice(at)];
  }
  return [...words];
}
