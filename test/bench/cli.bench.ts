import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { percentile, report } from '#testing/figures.ts';
import { GlideinLine } from '#testing/glidein-line.ts';

/** How long a command takes from its start to its end, beside a Node that does nothing, taken in turns in the same run. */

const root = resolve(import.meta.dirname, '../..');
const rounds = 21;
const bundle = (name: string) => [process.execPath, join(root, `dist/${name}.js`)];
const glidein = bundle('glidein');

interface Start {
  readonly name: string;
  /** In milliseconds; null where there is none. */
  readonly aim: number | null;
  readonly words: readonly string[];
}

const line = await GlideinLine.start();
try {
  const file = join(line.directory, 'one.sub');
  await writeFile(file, 'executable = /bin/true\ntransfer_executable = false\ncontainer_image = x\nqueue\n');
  const starts: Start[] = [
    { name: '--version', aim: 60, words: [...glidein, '--version'] },
    { name: '--version in a clone (bin/glidein)', aim: 60, words: [join(root, 'bin/glidein'), '--version'] },
    { name: '--help', aim: null, words: [...glidein, '--help'] },
    { name: 'q of a local pool', aim: 90, words: [...glidein, 'q', '--limit', '10'] },
    { name: 'submit of one job', aim: null, words: [...glidein, 'submit', file] },
    { name: 'classad eval', aim: null, words: [...glidein, 'classad', 'eval', '1 + 1'] },
    { name: 'glidein-pilot --help', aim: null, words: [...bundle('pilot'), '--help'] },
  ];
  for (const start of starts) measure(start);
} finally {
  await line.stop();
}

function measure({ name, aim, words }: Start): void {
  // Once for the files in memory and for the code that V8 keeps.
  run(words);
  const [bare, own]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    bare.push(run([process.execPath, '-e', '0']));
    own.push(run(words));
  }
  const baseline = percentile(bare, 0.5);
  const conditions = `median of ${rounds} starts, in turns with a bare Node (the baseline), ${cpus().length} cores`;
  report({
    name: `start of ${name}`,
    figure: percentile(own, 0.5),
    unit: 'ms',
    aim,
    better: 'lower',
    baseline,
    conditions,
  });
}

function run([file = '', ...words]: readonly string[]): number {
  const begin = performance.now();
  const options = { env: { ...process.env, ...line.environment }, encoding: 'utf8' } as const;
  const { status, stderr } = spawnSync(file, words, options);
  if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr}`);
  return performance.now() - begin;
}
