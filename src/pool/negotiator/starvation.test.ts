import { afterEach, expect, it } from 'vitest';
import { randomOf } from '#testing/random-of.ts';
import { TimedPool } from '#testing/timed-pool.ts';

const seed = Number(process.env.GLIDEIN_TEST_SEED ?? 20_261_129);
let pool: TimedPool;
afterEach(() => pool.destroy());

const node = (more: Readonly<Record<string, string>> = {}) => ({
  Cpus: '8',
  Memory: '16000',
  Disk: '10000000',
  ...more,
});

/** A pool in which jobs of one core run from five to fifteen minutes and always wait, so that cores come free one by one. */
async function streamed(owner: string): Promise<TimedPool> {
  const random = randomOf(seed);
  pool = await TimedPool.open(() => 300 + Math.floor(600 * random()));
  pool.submit({ owner, procs: 5_000 });
  return pool;
}

const hour = 3600;
const startOf = (cluster: number) => pool.starts.find(({ job }) => job === `${cluster}.0`)?.at;

it.each([
  ['the same user', 'ada'],
  ['another user', 'eve'],
])('a whole-node job is not starved by a stream of one-core jobs of %s', async (_who, streamer) => {
  await streamed(streamer);
  for (const uid of ['n1', 'n2', 'n3']) pool.pilot(uid, node());
  await pool.pass(hour / 2, 60);
  const whole = pool.submit({ owner: 'ada', procs: 1, ad: { RequestCpus: '8' } });
  await pool.pass(3 * hour, 30);
  expect(startOf(whole), `seed ${seed}`).toBeDefined();
});

it.each([
  ['the same user', 'ada'],
  ['another user', 'eve'],
])('a GPU job is not starved by a stream of one-core jobs of %s', async (_who, streamer) => {
  await streamed(streamer);
  pool.pilot('n1', node({ GPUs: '1' }));
  pool.pilot('n2', node());
  await pool.pass(hour / 2, 60);
  const gpu = pool.submit({ owner: 'ada', procs: 1, ad: { RequestGPUs: '1', RequestCpus: '2' } });
  await pool.pass(3 * hour, 30);
  expect(startOf(gpu), `seed ${seed}`).toBeDefined();
});

/** What jobs may request; each fits a slot of {@link farm}. */
const kinds: readonly Readonly<Record<string, string>>[] = [
  {},
  {},
  { RequestCpus: '2' },
  { RequestCpus: '4', RequestMemory: '6000' },
  { RequestCpus: '8' },
  { RequestGPUs: '1', RequestCpus: '3' },
  { Requirements: 'TARGET.Large', RequestCpus: '12' },
  { Requirements: 'TARGET.Large' },
];

function farm(): void {
  pool.pilot('n1', node());
  pool.pilot('n2', node());
  pool.pilot('gpu', node({ GPUs: '1' }));
  pool.pilot('large', node({ Cpus: '16', Memory: '64000', Large: 'true' }));
}

interface Line {
  readonly cluster: number;
  readonly priority: number;
  readonly kind: number;
  left: number;
}

/** The longest time for which somebody was first in the line of their user and got nothing, in seconds. */
class FirstInLine {
  readonly longest = { seconds: 0, kind: -1 };
  readonly #lines = new Map<string, Line[]>();
  readonly #since = new Map<string, { readonly line: Line; readonly left: number; readonly at: number }>();

  submit(owner: string, line: Line): void {
    const lines = this.#lines.get(owner) ?? [];
    this.#lines.set(owner, lines);
    lines.push(line);
  }

  started(cluster: number): void {
    for (const lines of this.#lines.values())
      for (const line of lines) if (line.cluster === cluster) line.left -= 1;
  }

  look(now: number): void {
    for (const [owner, lines] of this.#lines) {
      const waiting = lines.filter(({ left }) => left > 0);
      const [first] = waiting.sort((a, b) => b.priority - a.priority || a.cluster - b.cluster);
      const known = this.#since.get(owner);
      if (first === undefined) this.#since.delete(owner);
      else if (known?.line !== first || known.left !== first.left)
        this.#since.set(owner, { line: first, left: first.left, at: now });
      else if (now - known.at > this.longest.seconds)
        Object.assign(this.longest, { seconds: now - known.at, kind: first.kind });
    }
  }
}

/** Three users submit what they like for six hours, more than the farm can run. */
async function randomArrivals(of: number): Promise<FirstInLine['longest']> {
  const random = randomOf(of);
  pool = await TimedPool.open(() => 120 + Math.floor(480 * random()));
  farm();
  const first = new FirstInLine();
  for (let read = 0; pool.now < 6 * hour; ) {
    if (random() < 0.3) {
      const owner = ['ada', 'bob', 'eve'][Math.floor(random() * 3)] ?? 'ada';
      const kind = Math.floor(random() * kinds.length);
      const procs = Math.ceil(random() * (kind < 2 ? 120 : 12));
      const priority = Math.floor(random() * 3) - 1;
      const ad = { ...kinds[kind], JobPrio: String(priority) };
      first.submit(owner, { cluster: pool.submit({ owner, procs, ad }), priority, kind, left: procs });
    }
    await pool.pass(60, 60);
    for (; read < pool.starts.length; read += 1)
      first.started(Number.parseInt(pool.starts[read]?.job ?? '', 10));
    first.look(pool.now);
  }
  return first.longest;
}

it.each([0, 1, 2])(
  'whoever is first in the line of their user gets a slot that fits, whatever arrives (%i)',
  async (more) => {
    const longest = await randomArrivals(seed + more);
    expect(longest.seconds, `seed ${seed + more}, kind ${longest.kind}`).toBeLessThan(2 * hour);
  },
);
