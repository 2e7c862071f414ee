import { type Block, placeOf } from './block.ts';

/** Languages of blocks with commands: a script, or commands after `$ ` with what they print. */
const commandLanguages = ['sh', 'console'];

/** Where the commands of a document can run. */
const places = {
  /** A copy of the examples, without a pool. */
  files: 'files',
  /** The same, with the pool and the pilots of `glidein up -f examples/hello`. */
  up: 'up',
  /** There, and on until the document ends: what a reader starts in another terminal. */
  terminal: 'terminal',
  /** A cluster with nothing installed in it. */
  install: 'cluster, first',
  /** A cluster with the charts and examples/hello. */
  cluster: 'cluster',
  /** The same, when nothing else will happen there. */
  uninstall: 'cluster, last',
} as const;

export type Place = (typeof places)[keyof typeof places];

/** What the comment before a block of commands says. */
export type Mark = { readonly run: Place } | { readonly notRun: string };

export const hasCommands = (block: Block): boolean => commandLanguages.includes(block.language);

/** @throws Error when a block with commands has no mark, or one that means nothing */
export function markOf(block: Block): Mark {
  const comment = block.comment ?? '';
  const reason = /^not run: (.{10,})$/.exec(comment)?.[1];
  if (reason !== undefined) return { notRun: reason };
  const run = Object.values(places).find((place) => comment === `run: ${place}`);
  if (run !== undefined) return { run };
  const known = Object.values(places).join(' | ');
  throw new Error(
    `${placeOf(block)}: say before the block where its commands run, <!-- run: ${known} -->, or <!-- not run: REASON -->`,
  );
}

/** Blocks whose commands run in one of these places. */
export function blocksIn(blocks: readonly Block[], wanted: readonly Place[]): Block[] {
  return blocks.filter((block) => {
    if (!hasCommands(block)) return false;
    const mark = markOf(block);
    return 'run' in mark && wanted.includes(mark.run);
  });
}
