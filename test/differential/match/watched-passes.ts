import assert from 'node:assert/strict';
import { literal } from '#classad/ast.ts';
import { printExpression } from '#classad/print.ts';
import { minus, type Resources } from '#match/resources.ts';
import { withFree } from '#match/slot.ts';
import { submitterOf } from '#pool/accounting/submitter-name.ts';
import type { Pilot } from '#pool/collector/pilot.ts';
import { type Job, jobName } from '#pool/jobs/job.ts';
import type { Oracle } from '../oracle.ts';
import { allowedByHtcondor, type Pair, rankByHtcondor } from './allowed.ts';
import { SmallPool } from './small-pool.ts';
import { register, type Sample } from './small-pools.ts';

/** What would be wrong with a pass if HTCondor let this job and this slot match at this moment of it. */
interface Suspicion extends Pair {
  readonly complaint: string;
  /** The match that was made at that moment: nothing is wrong if its rank is at least that of the pair. */
  readonly instead?: Pair;
}

interface Pass {
  readonly matches: readonly Pair[];
  readonly suspicions: readonly Suspicion[];
}

export interface PassesSeen {
  readonly matches: number;
  readonly suspicions: number;
  /** Complaints, each with the seed of its sample. */
  readonly wrong: readonly string[];
}

/**
 * Lets the negotiator match all jobs of each sample until nothing is left to do, and has HTCondor judge what it did: each match is
 * allowed at its moment; no slot was better by the job's Rank; no job of the same user with a higher priority fitted any slot;
 * and in the end nothing waits that fits what is left.
 */
export async function watchPasses(
  oracle: Pick<Oracle, 'askAll'>,
  samples: readonly Sample[],
): Promise<PassesSeen> {
  const wrong: string[] = [];
  let [matched, suspected] = [0, 0];
  for (const sample of samples) {
    const { matches, suspicions } = await passOver(sample);
    const allowed = await allowedByHtcondor(oracle, [...matches, ...suspicions]);
    const ranks = await rankByHtcondor(
      oracle,
      suspicions.flatMap((each) => [each, each.instead ?? each]),
    );
    const where = (pair: Pair) =>
      `seed ${sample.seed}: ${nameIn(pair.job, 'ProcId')} on ${nameIn(pair.slot, 'Name')}`;
    for (const [index, pair] of matches.entries())
      if (allowed[index] !== true) wrong.push(`${where(pair)} does not match`);
    for (const [index, suspicion] of suspicions.entries()) {
      if (allowed[matches.length + index] !== true) continue;
      const [rank = 0, made = 0] = ranks.slice(2 * index);
      if (suspicion.instead === undefined || rank > made)
        wrong.push(`${where(suspicion)}: ${suspicion.complaint}`);
    }
    matched += matches.length;
    suspected += suspicions.length;
  }
  return { matches: matched, suspicions: suspected, wrong };
}

const nameIn = (ad: Pair['job'], name: string): string => printExpression(ad.get(name) ?? literal(undefined));

async function passOver(sample: Sample): Promise<Pass> {
  const pool = new SmallPool();
  const pilots = sample.slots.map((slot, number) => register(pool, slot, number));
  const free = new Map(pilots.map((pilot): [Pilot, Resources] => [pilot, pilot.free]));
  const waiting = new Map<string, Job>();
  for (const { owner, ad } of sample.jobs)
    for (const job of pool.submit(owner, ad, 2)) waiting.set(jobName(job), job);
  await pool.negotiate();
  const at = (job: Job, pilot: Pilot): Pair => {
    const left = free.get(pilot);
    assert.ok(left);
    return { job: pool.adOf(job), slot: withFree(pilot.facts.slot, left), free: left };
  };
  const everywhere = (job: Job, complaint: string, instead?: Pair): Suspicion[] =>
    pilots.map((pilot) => ({ ...at(job, pilot), complaint, ...(instead !== undefined && { instead }) }));
  const matches: Pair[] = [];
  const suspicions: Suspicion[] = [];
  for (const { job: granted, pilot, takes } of pool.granted) {
    const job = waiting.get(jobName(granted));
    assert.ok(job);
    const match = at(job, pilot);
    matches.push(match);
    suspicions.push(...everywhere(job, 'its Rank puts this slot before the one that it got', match));
    waiting.delete(jobName(job));
    for (const better of sample.hasOneUser ? betterThan(pool, job, waiting.values()) : [])
      suspicions.push(...everywhere(better, 'a job of lower priority got a slot before it'));
    free.set(pilot, minus(match.free, takes));
  }
  for (const job of waiting.values()) suspicions.push(...everywhere(job, 'it waits although it fits'));
  assert.deepEqual(pool.defects, []);
  pool.close();
  return { matches, suspicions };
}

function betterThan(pool: SmallPool, job: Job, others: Iterable<Job>): Job[] {
  const priorityOf = (each: Job) => pool.adOf(each).evaluateNumber('JobPrio') ?? 0;
  const submitter = (each: Job) => submitterOf(pool.adOf(each), each.cluster.owner);
  // Priorities count within a submitter; an owner is another one in each group.
  return [...others].filter(
    (other) => submitter(other) === submitter(job) && priorityOf(other) > priorityOf(job),
  );
}
