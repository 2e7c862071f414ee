import assert from 'node:assert/strict';
import { prepare } from '#classad/evaluate.ts';
import { parseAd, parseExpression } from '#classad/parser.ts';
import { printExpression } from '#classad/print.ts';
import { percentile, report } from '#testing/figures.ts';
import { Oracle } from '../differential/oracle.ts';
import { realisticSlots } from '../differential/realistic-ads.ts';
import { benchParsing } from './classad/parsing.ts';

/**
 * ClassAds beside HTCondor's own library, through its Python module, in the same run and on the same ads. Both work on
 * one core. Checksums of the results must be equal, so that neither can leave work out.
 */

const rounds = 9;
const slots = 2_000;
const shapes = 20;
/** No two have the same attributes. */
const unlikeSlots = realisticSlots(slots, 7);
/** As pilots make them: most have the same attributes as many others, with values of their own. */
const alikeSlots = Array.from({ length: slots }, (_, at) =>
  (unlikeSlots[at % shapes] ?? '')
    .replace(/\bMemory = \d+/, `Memory = ${1000 + 16 * at}`)
    .replace(/\bDisk = \d+/, `Disk = ${10_000_000 + 20_000 * at}`),
);

/** As condor_submit writes it for a job without an image. */
const requirements = printExpression(
  parseExpression(
    '(TARGET.Arch == "X86_64") && (TARGET.OpSys == "LINUX") && (TARGET.Disk >= RequestDisk) && (TARGET.Memory >= RequestMemory)',
  ),
);
const jobText = `[RequestCpus = 1; RequestMemory = 8000; RequestDisk = 20000000; Requirements = ${requirements}]`;

const root = process.env.GLIDEIN_TEST_HTCONDOR;
const conditions =
  root === undefined
    ? `no baseline: ${process.env.GLIDEIN_TEST_NO_HTCONDOR ?? 'start it with npm run bench'}`
    : 'one core, median of several rounds; the baseline is HTCondor 25, through its Python module, on the same ads';

/** The same numbers on every run: a linear congruential generator (Numerical Recipes, 2nd ed., §7.1). */
function randomOrder(length: number): Uint32Array {
  const order = new Uint32Array(length);
  let state = 42;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    order[at] = Math.floor((state / 2 ** 32) * slots);
  }
  return order;
}

/** Seconds for one evaluation after the other, and the sum of the places of what was true. */
function evaluateAll(texts: readonly string[], order: Uint32Array): { seconds: number; checksum: number } {
  const ads = texts.map((text) => parseAd(text));
  const job = parseAd(jobText);
  const evaluate = prepare(parseExpression(requirements));
  const times: number[] = [];
  let checksum = 0;
  for (let round = 0; round < rounds; round += 1) {
    checksum = 0;
    const begin = performance.now();
    for (let place = 0; place < order.length; place += 1) {
      if (evaluate(job, ads[order[place] ?? 0]) === true) checksum += place;
    }
    times.push((performance.now() - begin) / 1000);
  }
  return { seconds: percentile(times, 0.5), checksum };
}

async function benchEvaluation(
  kind: string,
  texts: readonly string[],
  oracle: Oracle | undefined,
): Promise<void> {
  const order = randomOrder(1_000_000);
  const { seconds } = evaluateAll(texts, order);
  const few = order.subarray(0, 100_000);
  const { checksum } = evaluateAll(texts, few);
  const theirs = await oracle?.ask(['b', requirements, jobText, texts, [...few]]);
  let baseline: number | null = null;
  if (theirs !== undefined) {
    const [theirSeconds, theirChecksum] = theirs as readonly [number, number];
    assert.equal(checksum, theirChecksum, 'both must find the same slots');
    baseline = few.length / theirSeconds;
  }
  assert.ok(checksum > 0, 'some slots must match');
  report({
    name: `a printed Requirements of four clauses against ${slots} slots ${kind} in random order`,
    figure: order.length / seconds,
    unit: 'evaluations/s',
    aim: 5_000_000,
    better: 'higher',
    baseline,
    conditions,
  });
}

const oracle = root === undefined ? undefined : new Oracle(root);
try {
  await benchEvaluation(`of ${shapes} shapes`, alikeSlots, oracle);
  await benchEvaluation('that all differ in shape', unlikeSlots, oracle);
  await benchParsing(oracle, conditions);
} finally {
  await oracle?.[Symbol.asyncDispose]();
}
