import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Manner, manners, outside, type Pick, queues, universes } from './submit-manners.ts';

export interface GeneratedFile {
  readonly name: string;
  readonly text: string;
  /** Macros that the command line defines. */
  readonly macros: readonly string[];
}

/** So many files were counted. */
const counted = 595;

/** Submit files in the manner of real ones. The same random numbers make the same files. */
export function generateSubmitFiles(count: number, random: () => number): GeneratedFile[] {
  return Array.from({ length: count }, (_, index) => {
    const { text, macros } = generate(random);
    return { name: `generated-${String(index).padStart(3, '0')}.sub`, text, macros };
  });
}

function generate(random: () => number): { text: string; macros: string[] } {
  const pick: Pick = (...choices) => choices[Math.floor(random() * choices.length)] ?? choices[0];
  const happens = (of595: number) => random() < of595 / counted;
  const lines: string[] = [];
  const universe = oneOf(universes, random);
  if (universe !== undefined) lines.push(universe.texts(pick));
  else if (happens(360)) lines.push(pick('universe = vanilla', 'Universe = vanilla', 'universe=vanilla'));
  // Of the jobs with an image 7 have no executable; a few files name one that is not there.
  const hasImage = /docker|container/.test(lines.join());
  if (!(hasImage && happens(70))) lines.push(executable(pick, happens));
  lines.push(...manners.filter(({ of595 }) => happens(of595)).map(({ texts }) => texts(pick)));
  const macros = happens(outside.of595) ? [outside.texts(pick)] : [];
  lines.push(...macros.map((macro) => `+Given = "$(${macro.split('=')[0]})"`));
  if (happens(40)) lines.unshift('N = 2', 'name = analysis_$(N)');
  if (happens(20))
    lines.push(pick('if true\n+Chosen = 1\nelse\n+Chosen = 2\nendif', 'include ifexist : none.inc'));
  const queue = oneOf(queues, random)?.texts(pick) ?? pick('queue', 'Queue', 'queue 1');
  return { text: dressed([...shuffled(lines, random), queue], pick, happens), macros };
}

const executable = (pick: Pick, happens: (of595: number) => boolean): string => {
  if (happens(30)) return 'executable = nothere.sh';
  if (happens(40))
    return pick('executable = /bin/sleep', 'executable = /usr/bin/env', 'Executable = /bin/bash');
  return pick(
    'executable = run.sh',
    'Executable = run.sh',
    'executable = ./run.sh',
    'executable=run.sh',
    'executable = ../jobs/run.sh',
  );
};

/** One of the kinds, each as often as it was met, or none. */
function oneOf(kinds: readonly Manner[], random: () => number): Manner | undefined {
  let at = random() * counted;
  for (const kind of kinds) {
    at -= kind.of595;
    if (at < 0) return kind;
  }
  return undefined;
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Comments, blank lines, odd spaces, continued lines and line ends of DOS, as people leave them. */
function dressed(lines: readonly string[], pick: Pick, happens: (of595: number) => boolean): string {
  const comments = happens(200) ? [pick('# my jobs', '#!/usr/bin/env condor_submit', '########')] : [];
  const spaced = lines.map((line) => {
    if (happens(30)) return `${pick('  ', '\t')}${line}`;
    if (happens(15) && line.includes(' = ') && !line.includes('\n')) return line.replace(' = ', ' = \\\n   ');
    return happens(60) ? `\n${line}` : line;
  });
  const text = `${[...comments, ...spaced].join('\n')}\n`;
  return happens(15) ? text.replaceAll('\n', '\r\n') : text;
}

/** What the files name, below `folder`, which is called `jobs` by those that leave it and come back. */
export function writeWhatTheyName(folder: string, proxy: string): void {
  for (const name of ['data/deep', 'run', 'logs', 'out']) mkdirSync(join(folder, name), { recursive: true });
  const texts: Readonly<Record<string, string>> = {
    'run.sh': '#!/bin/sh\necho here\n',
    'in.txt': 'in\n',
    'x.txt': 'x\n'.repeat(3000),
    'items.txt': 'first\nsecond thing\nthird\n',
    'pairs.txt': 'a b\nc, d\n',
    'image.sif': 'image',
    'data/a.txt': 'a',
    'data/deep/b.txt': 'b',
    'proxy.pem': proxy,
  };
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
  for (const name of ['in.txt', 'proxy.pem']) writeFileSync(join(folder, 'run', name), texts[name] ?? '');
  chmodSync(join(folder, 'run.sh'), 0o755);
  for (const name of ['proxy.pem', 'run/proxy.pem']) chmodSync(join(folder, name), 0o600);
}
