import assert from 'node:assert/strict';
import { minus, type Resources } from '#match/resources.ts';
import type { Pilot } from '#pool/collector/pilot.ts';
import { randomOf } from '#testing/random-of.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import type { Oracle } from '../oracle.ts';
import { allowedByHtcondor, type Pair } from './allowed.ts';
import { nastyJob, nastySlot } from './nasty-ads.ts';
import { SmallPool } from './small-pool.ts';

interface SmallPoolJob {
  readonly owner: string;
  readonly ad: AdTexts;
}

interface SmallPoolSlot {
  readonly texts: AdTexts;
  /** The part of what it offers that is free. */
  readonly freeShare: number;
}

export interface Sample {
  readonly seed: number;
  readonly jobs: readonly SmallPoolJob[];
  readonly slots: readonly SmallPoolSlot[];
  readonly hasOneUser: boolean;
}

const owners = ['alice', 'alice', 'bob', 'mallory'];

/** A pool with a handful of jobs and slots; the same one for the same seed. */
export function sampleOf(seed: number): Sample {
  const random = randomOf(seed);
  const choose = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const kinds = Array.from({ length: choose([1, 2, 3]) }, () => nastySlot(choose));
  const users = choose([owners, ['alice']]);
  return {
    seed,
    hasOneUser: users.length === 1,
    jobs: Array.from({ length: choose([3, 5, 8]) }, () => ({ owner: choose(users), ad: nastyJob(choose) })),
    slots: Array.from({ length: choose([3, 6, 9]) }, () => ({
      texts: choose(kinds),
      freeShare: choose([1, 1, 1, 0.75, 0.5, 0.5, 0.25, 0]),
    })),
  };
}

/** A job and a slot about which the pool and HTCondor disagree. */
export interface Disagreement {
  readonly seed: number;
  readonly isAllowed: boolean;
  readonly job: AdTexts;
  readonly slot: AdTexts;
}

export interface Comparison {
  readonly pairs: number;
  readonly allowed: number;
  readonly disagreements: readonly Disagreement[];
}

interface Verdict extends Pair {
  readonly seed: number;
  /** Whether the negotiator gave the job to the slot. */
  readonly isMatched: boolean;
}

/**
 * Lets the pool's negotiator match each job of each sample with every slot that it may have, and asks HTCondor about the same
 * pairs. All jobs of a sample meet the same slots one after the other, so that what the pool remembers of slots is compared too.
 */
export async function comparePools(
  oracle: Pick<Oracle, 'askAll'>,
  samples: readonly Sample[],
): Promise<Comparison> {
  const verdicts: Verdict[] = [];
  for (const sample of samples) verdicts.push(...(await matchesOf(sample)));
  const allowed = await allowedByHtcondor(oracle, verdicts);
  return {
    pairs: verdicts.length,
    allowed: allowed.filter((isAllowed) => isAllowed).length,
    disagreements: verdicts.flatMap(({ seed, isMatched, job, slot }, index) =>
      isMatched === allowed[index]
        ? []
        : [{ seed, isAllowed: !isMatched, job: job.flatten().toTexts(), slot: slot.flatten().toTexts() }],
    ),
  };
}

async function matchesOf({ seed, jobs, slots }: Sample): Promise<Verdict[]> {
  const pool = new SmallPool();
  pool.takesAll = true;
  const pilots = slots.map((slot, number) => register(pool, slot, number));
  const verdicts: Verdict[] = [];
  for (const { owner, ad } of jobs) {
    const [job] = pool.submit(owner, ad, slots.length);
    assert.ok(job);
    const before = pilots.map((pilot) => ({ job: pool.adOf(job), slot: pilot.freeSlot, free: pilot.free }));
    await pool.negotiate();
    const matched = new Set(pool.granted.map(({ pilot }) => pilot));
    assert.equal(matched.size, pool.granted.length, 'each slot gets one job at most');
    verdicts.push(
      ...before.map((pair, index) => ({ ...pair, seed, isMatched: matched.has(pilots[index] as Pilot) })),
    );
    pool.clear();
  }
  assert.deepEqual(pool.defects, []);
  pool.close();
  return verdicts;
}

export function register(pool: SmallPool, { texts, freeShare }: SmallPoolSlot, number: number): Pilot {
  const whole = pool.slot(number, texts);
  if (freeShare === 1) return whole;
  const { free } = whole;
  const part = (amount: number) => Math.floor(amount * freeShare);
  const left: Resources = {
    ...free,
    cpus: part(free.cpus),
    memory: part(free.memory),
    gpus: part(free.gpus),
  };
  whole.take('of long ago', minus(free, left));
  return whole;
}
