import { onceOnly } from '#testing/once-only.ts';

/**
 * Jobs are held, released, removed and lost, and pilots killed and cut off beyond their leases, in random order, with payloads
 * that ignore SIGTERM. An independent witness may never see two executions of a job at once. `--seconds=N`.
 */
const said = process.argv.find((each) => each.startsWith('--seconds='));
const seconds = said === undefined ? 240 : Number(said.slice('--seconds='.length));
const figures = await onceOnly({ seconds, random: Math.random });
process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
// Each action must have happened, and payloads must have run; otherwise this shows nothing.
const attacked = Object.keys(figures.done).length === figures.actions && figures.runs >= 10;
process.exitCode = figures.overlaps.length === 0 && attacked ? 0 : 1;
