import type { Block } from './block.ts';

/** A command of a block, and what the block says that it prints. */
export interface Step {
  readonly command: string;
  /** Undefined where nothing is said about it. */
  readonly prints: string | undefined;
}

/** A script is one step. In a transcript, each line after `$ ` is one, and `> ` goes on with the line before. */
export function stepsOf({ language, text }: Block): Step[] {
  if (language !== 'console') return [{ command: text, prints: undefined }];
  const steps: { command: string; prints: string }[] = [];
  for (const line of text.trimEnd().split('\n')) {
    const last = steps.at(-1);
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), prints: '' });
    else if (last === undefined) throw new Error('a transcript begins with "$ " and a command');
    else if (line.startsWith('> ') && last.prints === '') last.command += `\n${line.slice(2)}`;
    else last.prints += `${line}\n`;
  }
  return steps;
}

/**
 * Whether a command has printed what a document says. There, … stands for anything in a line, and in a line of its own for any lines. How many
 * spaces there are does not matter, since the columns of a table are as wide as their values.
 */
export function printedAsSaid(printed: string, said: string): boolean {
  const lines = plain(said).split('\n');
  const pattern = lines.map((line) => (line === '…' ? '(?:.*\n)*?' : `${patternOf(line)}\n`)).join('');
  return new RegExp(`^${pattern}$`).test(`${plain(printed)}\n`);
}

const plain = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.replaceAll(/\s+/g, ' ').trim())
    .join('\n')
    .trim();

const patternOf = (line: string): string =>
  line.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('…', '.*');
