import { die } from './progress.mjs';
import { runScripts } from './run-scripts.mjs';

/**
 * `npm run bench -- [NAME]... [--OPTION=VALUE]...`: measurements, not tests. Each benchmark is a file in `test/bench` that
 * prints one JSON line per figure: name, figure, unit, aim, better, baseline, ratio, conditions. Its progress goes to
 * standard error.
 */
const args = process.argv.slice(2);
runScripts(
  { folder: 'test/bench', suffix: '.bench.ts', what: 'benchmark' },
  args.filter((arg) => !arg.startsWith('--')),
  args.filter((arg) => arg.startsWith('--')),
).catch(die);
