import type { Command } from 'commander';
import { clientTable } from '#config/client-table.ts';
import type { SettingTable } from '#config/setting.ts';
import type { Terminal } from './terminal.ts';

/** Commands that one module defines; it is loaded when one of them is used. */
export interface CommandLoader {
  readonly names: readonly string[];
  readonly load: () => Promise<(program: Command, terminal: Terminal) => void>;
}

/** The loader of the command that a command line names; all loaders when it names none, so that help and suggestions know every command. */
export function neededLoaders(
  loaders: readonly CommandLoader[],
  words: readonly string[],
): readonly CommandLoader[] {
  const first = words[commandAt(words)];
  if (first === '--version' || first === '-V') return [];
  const named = loaders.filter(({ names }) => names.some((name) => name === first));
  return named.length === 0 ? loaders : named;
}

/** The index of the first word that is neither a client setting nor the value of one; the number of words if there is none. */
export function commandAt(words: readonly string[]): number {
  const flags = new Set(Object.values<SettingTable[string]>(clientTable).map(({ flag }) => `--${flag}`));
  for (let at = 0; at < words.length; at += 1) {
    const [flag = '', value] = words[at]?.split('=', 2) ?? [];
    if (!flags.has(flag)) return at;
    if (value === undefined) at += 1;
  }
  return words.length;
}
