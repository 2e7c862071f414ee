import { expect, it } from 'vitest';
import { type CommandLoader, neededLoaders } from './command-loader.ts';

const loader = (...names: string[]): CommandLoader => ({ names, load: async () => () => undefined });
const all = [loader('q'), loader('rm', 'hold'), loader('submit')];
const namesFor = (line: string) =>
  neededLoaders(all, line.split(' ').filter(Boolean)).flatMap(({ names }) => names);

it('a command line loads the command that it names and no other', () => {
  expect(namesFor('q --constraint submit')).toEqual(['q']);
  expect(namesFor('hold 1.0')).toEqual(['rm', 'hold']);
});

it('client settings before a command do not hide it, and their values are not taken for commands', () => {
  expect(namesFor('--pool q submit job.sub')).toEqual(['submit']);
  expect(namesFor('--pool=http://[::1]:1/?a=b --state /x q')).toEqual(['q']);
});

it('--version loads no command', () => {
  expect(namesFor('--version')).toEqual([]);
});

it('help and a misspelt command load every command', () => {
  for (const line of ['', '--help', 'help q', '--help q', 'sumbit q', '--pool']) {
    expect(namesFor(line)).toEqual(['q', 'rm', 'hold', 'submit']);
  }
});
