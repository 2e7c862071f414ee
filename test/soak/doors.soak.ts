import { randomOf } from '#testing/random-of.ts';
import { withPool } from './door-pool.ts';
import { fuzzRoutes } from './door-requests.ts';
import { few, slowClients } from './slow-clients.ts';

/**
 * Nonsense to every route, and thousands of slow clients: each refusal has a code, others are served as fast as before, and the
 * pool's memory is bounded. `--each=N` requests to a route, `--slow=N` clients of each manner, `--seed=N`.
 */
const option = (name: string, otherwise: number): number => {
  const found = process.argv.find((each) => each.startsWith(`--${name}=`));
  return found === undefined ? otherwise : Number(found.slice(name.length + 3));
};

/** What others must keep of their speed: less than the whole, because slow clients are kept alive on the same machine. */
const leastPart = 0.75;

const seed = option('seed', Date.now() % 2 ** 31);
process.exitCode = await withPool(async ({ url, pid, token }) => {
  const slow = await slowClients({
    url,
    pid,
    token: (subject) => token('submitter', subject),
    each: option('slow', 600),
    seconds: 10,
    until: 150,
  });
  process.stdout.write(`${JSON.stringify(slow, undefined, 2)}\n`);
  const fuzzed = await fuzzRoutes({
    url,
    token: (role) => token(role, 'stranger'),
    random: randomOf(seed),
    each: option('each', 2000),
  });
  process.stdout.write(
    `seed ${seed}: ${JSON.stringify({ ...fuzzed, faults: fuzzed.faults.slice(0, 20) }, undefined, 2)}\n`,
  );
  const isWhole =
    fuzzed.faults.length === 0 &&
    slow.held <= few &&
    slow.beside >= leastPart * slow.alone &&
    slow.most < slow.before + 400;
  return isWhole ? 0 : 1;
});
