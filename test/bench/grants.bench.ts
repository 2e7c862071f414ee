import { durableClaims } from './grants/durable-claims.ts';
import { nextStart } from './grants/next-start.ts';

/** What follows a match: `--slots=N` grants so many claims in one pass, and `--slots=0` none. */
const said = process.argv.find((each) => each.startsWith('--slots='));
const slots = said === undefined ? 100_000 : Number(said.slice('--slots='.length));
if (slots > 0) await durableClaims(slots);
await nextStart();
