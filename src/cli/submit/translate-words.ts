import { GlideinError } from '#base/error.ts';
import { refusedOptions } from './refused-options.ts';

/** How few letters of an option are enough, and what follows it. */
interface Known {
  readonly name: string;
  readonly shortest: number;
  /** `words`: all up to the next option, as a shell makes them from a pattern. */
  readonly takes: 'nothing' | 'value' | 'words';
}

/** The supported options of condor_submit, in the order in which it looks for them. */
const known: readonly Known[] = [
  { name: 'verbose', shortest: 1, takes: 'nothing' },
  { name: 'terse', shortest: 3, takes: 'nothing' },
  { name: 'dry-run', shortest: 3, takes: 'value' },
  { name: 'spool', shortest: 1, takes: 'nothing' },
  { name: 'file', shortest: 2, takes: 'value' },
  { name: 'append', shortest: 1, takes: 'value' },
  { name: 'batch-name', shortest: 1, takes: 'value' },
  { name: 'batch-id', shortest: 7, takes: 'value' },
  { name: 'queue', shortest: 1, takes: 'words' },
  { name: 'maxjobs', shortest: 3, takes: 'value' },
  { name: 'single-cluster', shortest: 3, takes: 'nothing' },
  { name: 'pool', shortest: 2, takes: 'value' },
  { name: 'unused', shortest: 1, takes: 'nothing' },
  { name: 'allow-crlf-script', shortest: 8, takes: 'nothing' },
  { name: 'help', shortest: 4, takes: 'nothing' },
];

/** Where a dry run without a file writes. */
const standardOutput = '-';

/**
 * Translates options as HTCondor's users type them after `submit` (`-append X`, `-a X`, `-queue 2 x in (a b)`) into the
 * form of this command line, such as `--append=X`. All other words stay as they are.
 * @throws GlideinError Unsupported for an option of condor_submit that is not supported here; InvalidArgument for one
 *   that lacks its value
 */
export function translateWords(words: readonly string[]): string[] {
  const translated: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') return [...translated, ...words.slice(at)];
    const found = findOption(word);
    if (found === undefined) {
      translated.push(word);
      continue;
    }
    const { option, isDouble } = found;
    if (option.name === 'dry-run' && isDouble) {
      translated.push(`--dry-run=${standardOutput}`);
      continue;
    }
    if (option.takes === 'nothing') translated.push(`--${option.name}`);
    else {
      const taken = option.takes === 'value' ? 1 : queueWords(words.slice(at + 1));
      const value = words.slice(at + 1, at + 1 + taken);
      requireValue(word, option, value);
      translated.push(`--${option.name}=${value.join(' ')}`);
      at += taken;
    }
  }
  return translated;
}

function findOption(word: string): { option: Known; isDouble: boolean } | undefined {
  const [, dashes, written] = /^(--?)([a-z][a-z-]*)(?::.*)?$/.exec(word) ?? [];
  if (dashes === undefined || written === undefined) return undefined;
  const fits = ({ name, shortest }: { name: string; shortest: number }) =>
    written.length >= Math.min(shortest, name.length) && name.startsWith(written);
  const isDouble = dashes === '--';
  // Only HTCondor's form with one dash may be abbreviated.
  const option = known.find((each) => (isDouble ? each.name === written : fits(each)));
  if (option !== undefined) {
    if (!word.includes(':')) return { option, isDouble };
    throw new GlideinError(
      'Unsupported',
      `${word} asks for a form of ${option.name} that is not supported here`,
      {
        cure: `write -${option.name}`,
      },
    );
  }
  const refused = refusedOptions.find((each) => (isDouble ? each.name === written : fits(each)));
  if (refused === undefined) return undefined;
  throw new GlideinError('Unsupported', `-${refused.name} ${refused.why}`, { cure: refused.cure });
}

/** How many of the words belong to -queue: all up to the next option, or through a lone dash. */
function queueWords(words: readonly string[]): number {
  const end = words.findIndex((word) => word.startsWith('-'));
  if (end < 0) return words.length;
  return words[end] === '-' ? end + 1 : end;
}

function requireValue(word: string, { name }: Known, [first]: readonly string[]): void {
  const isOption = name === 'dry-run' && first !== '-' && first?.startsWith('-') === true;
  if (first !== undefined && !isOption) return;
  throw new GlideinError('InvalidArgument', `${word} needs a value after it`, { cure: needed(name) });
}

function needed(name: string): string {
  if (name === 'dry-run') return 'write -dry-run FILE, or --dry-run to print the ads';
  if (name === 'queue') return 'write what follows queue in a submit file, such as: -queue 10';
  return `write -${name} VALUE`;
}
