import { sharedByHtcondor } from '../differential/condor/shared-by-htcondor.ts';
import {
  nameOf,
  type SharedPool,
  type Sharer,
  sharedByUs,
  sharedPool,
} from '../differential/condor/shared-pool.ts';

/**
 * Random pools with users of different priorities and factors, and groups with quotas: how many slots each gets from the pool's
 * negotiator, and from HTCondor's real one. `npm run soak -- fairshare --pools=NUMBER --seed=NUMBER`.
 */
const option = (name: string, otherwise: number): number => {
  const said = process.argv.find((arg) => arg.startsWith(`--${name}=`));
  return said === undefined ? otherwise : Number(said.slice(name.length + 3));
};
const pools = option('pools', 20);
const first = option('seed', Math.floor(Math.random() * 2 ** 30));

/** Slots by which a share may differ: both round, each in its own order of spins. */
const tolerance = 1;

const root = process.env.GLIDEIN_TEST_HTCONDOR;
if (root === undefined) {
  console.error(`nothing to compare with: ${process.env.GLIDEIN_TEST_NO_HTCONDOR ?? 'there is no HTCondor'}`);
  process.exitCode = 1;
} else {
  let [same, far] = [0, 0];
  for (let seed = first; seed < first + pools; seed += 1) {
    const pool = sharedPool(seed);
    const ours = await sharedByUs(pool);
    const theirs = await sharedByHtcondor(root, pool);
    const most = largestDifference(pool, ours, theirs);
    if (most === 0) same += 1;
    if (most > tolerance) far += 1;
    console.log(
      JSON.stringify({ seed, most, ours: Object.fromEntries(ours), htcondor: Object.fromEntries(theirs) }),
    );
    if (most > tolerance) console.log(JSON.stringify(pool));
  }
  console.log(
    `${pools} pools from seed ${first}: ${same} divided as HTCondor divides them, ${far} by more than ${tolerance} slot differently`,
  );
  if (far > 0) process.exitCode = 1;
}

/** Who has the same group, priority and number of jobs may be served in any order, so their shares are compared sorted. */
function largestDifference(
  { sharers }: SharedPool,
  ours: ReadonlyMap<string, number>,
  theirs: ReadonlyMap<string, number>,
): number {
  const kindOf = ({ group, jobs, factor, priority }: Sharer) => `${group} ${jobs} ${factor * priority}`;
  const differences = [...new Set(sharers.map(kindOf))].flatMap((kind) => {
    const names = sharers.filter((sharer) => kindOf(sharer) === kind).map(nameOf);
    const sorted = (shares: ReadonlyMap<string, number>) =>
      names.map((name) => shares.get(name) ?? 0).sort((a, b) => a - b);
    const other = sorted(theirs);
    return sorted(ours).map((count, index) => Math.abs(count - (other[index] ?? 0)));
  });
  return Math.max(...differences);
}
