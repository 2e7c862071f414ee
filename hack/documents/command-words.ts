import type { Command } from 'commander';

/**
 * What is wrong with a command line of `glidein` that stands in running text, where it cannot be run: a command or an option that does not
 * exist. Words in capitals stand for something else, and those in brackets may be left out.
 */
export function wordsComplaint(line: string, glidein: Command): string | undefined {
  const words = line.replaceAll(/[[\]]/g, '').split(/\s+/).slice(1);
  if (words[0] === 'help') return undefined;
  let command = glidein;
  for (const [index, word] of words.entries()) {
    if (['|', '>', '<', '&&', ';', '…'].includes(word)) return undefined;
    if (word.startsWith('--')) {
      const complaint = optionComplaint(word, command, glidein);
      if (complaint !== undefined) return complaint;
      continue;
    }
    const inner = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (inner !== undefined) command = inner;
    else if (command === glidein && index === 0 && /^[a-z]/.test(word))
      return `there is no command glidein ${word}`;
  }
  return undefined;
}

function optionComplaint(word: string, command: Command, glidein: Command): string | undefined {
  const name = word.split('=')[0] ?? '';
  const known = [...command.options, ...glidein.options].map(({ long }) => long);
  return name === '--' || name === '--help' || known.includes(name)
    ? undefined
    : `glidein ${command === glidein ? '' : command.name()} has no option ${name}`;
}
