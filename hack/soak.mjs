import { die } from './progress.mjs';
import { runScripts } from './run-scripts.mjs';

/**
 * `npm run soak -- [NAME]... [--OPTION=VALUE]...`: long runs that attack a real pool, real pilots or a real operator and
 * count the damage. Each is a file in `test/soak`; it exits with status 0 when everything withstood. `npm test` runs a short
 * sample of each (`test/integration`), so a soak is for larger sizes and new random seeds.
 */
const args = process.argv.slice(2);
runScripts(
  { folder: 'test/soak', suffix: '.soak.ts', what: 'soak' },
  args.filter((arg) => !arg.startsWith('--')),
  args.filter((arg) => arg.startsWith('--')),
).catch(die);
