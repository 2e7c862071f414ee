import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { percentile, report } from '#testing/figures.ts';
import { rooms } from '../../hack/rooms.mjs';

/** How the tree reads: lines of its files, imports of its largest, and arrows between folders that its table has to allow. */

const root = resolve(import.meta.dirname, '../..');

interface SourceFile {
  readonly lines: number;
  readonly imports: number;
}

function sourcesOf(folder: string): readonly SourceFile[] {
  const listed = execFileSync('git', ['ls-files', `src/${folder}`], { cwd: root, encoding: 'utf8' });
  const names = listed
    .split('\n')
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith('src/testing/'));
  return names.map((name) => {
    const text = readFileSync(join(root, name), 'utf8');
    return { lines: text.split('\n').length - 1, imports: text.match(/ from '/g)?.length ?? 0 };
  });
}

function measure(folder: string): void {
  const sources = sourcesOf(folder);
  const lines = sources.map((source) => source.lines);
  const largest = sources.toSorted((a, b) => b.lines - a.lines).slice(0, 10);
  const of = folder === '' ? 'src' : `src/${folder}`;
  const figures: [name: string, figure: number, unit: string][] = [
    ['files', sources.length, 'files'],
    ['median', percentile(lines, 0.5), 'lines'],
    ['90th percentile', percentile(lines, 0.9), 'lines'],
    ['imports of the ten largest', largest.reduce((sum, { imports }) => sum + imports, 0), 'imports'],
    ['most imports of one file', Math.max(...sources.map(({ imports }) => imports)), 'imports'],
  ];
  for (const [name, figure, unit] of figures)
    report({
      name: `${of}: ${name}`,
      figure,
      unit,
      aim: null,
      better: 'lower',
      baseline: null,
      conditions: 'without tests',
    });
}

for (const folder of ['', ...Object.keys(rooms).filter((room) => rooms[room]?.folders !== undefined)])
  measure(folder);
