import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Block, blocksOf } from './block.ts';

const root = resolve(import.meta.dirname, '../../..');
const patterns = ['*.md', 'docs/**/*.md', 'examples/**/*.md', 'charts/**/*.md'];

/** Every document of the checkout with its text, sorted by its path. */
export function documents(): ReadonlyMap<string, string> {
  const files = globSync(patterns, { cwd: root }).sort();
  return new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
}

/** The fenced blocks of every document that has some. */
export function documentBlocks(): ReadonlyMap<string, readonly Block[]> {
  const blocks = [...documents()].map(([file, text]) => [file, blocksOf(file, text)] as const);
  return new Map(blocks.filter(([, found]) => found.length > 0));
}
