import { ToldDemand } from '#pool/registry/told-demand.ts';
import { slotTexts } from '#testing/ads.ts';
import { report } from '#testing/figures.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { type DemandAnswer, demandAnswer, type PilotSupply } from '#wire/bid.ts';
import { wholeOf } from '#wire/demand-difference.ts';

/**
 * What an answer to an operator costs with 10,000 pilots of which 100 have changed since the last one: whole, as older
 * operators get it, and as a difference.
 */
const count = 10_000;
const changed = 100;
const rounds = 20;

const slot = slotTexts(
  Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`Machine_${index}`, '"some text"'])),
);
const pilots: PilotSupply[] = Array.from({ length: count }, (_, index) => ({
  uid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  name: `group-pilot-${index}`,
  group: 'group',
  site: 'site',
  state: 'Idle',
  connected: true,
  disconnectedSeconds: 0,
  claims: 0,
  idleSeconds: index,
  retireIn: 100_000,
  free: { ...slot, Name: `"${index}"` },
}));

interface Cost {
  readonly bytes: number;
  readonly pool: number;
  readonly site: number;
}

const clock = new ManualClock();
const told = new ToldDemand(clock);
let here: DemandAnswer | undefined;

function ask(round: number, base: string | undefined): Cost {
  clock.advance(100);
  const truth = pilots.map((pilot, index) => ({
    ...pilot,
    idleSeconds: pilot.idleSeconds + clock.monotonic() / 1000,
    retireIn: pilot.retireIn - clock.monotonic() / 1000,
    ...(index % (count / changed) === round % (count / changed) ? { claims: round, idleSeconds: 0 } : {}),
  }));
  const whole: DemandAnswer = {
    version: round,
    known: true,
    ask: `q${round}`,
    autoclusters: [],
    pilots: truth,
    missing: [],
  };
  const begun = performance.now();
  const text = JSON.stringify(told.tell('site', base, whole));
  const sent = performance.now();
  here = wholeOf(demandAnswer.parse(JSON.parse(text)), here);
  return { bytes: text.length, pool: sent - begun, site: performance.now() - sent };
}

function average(hasBase: boolean): Cost {
  const all = { bytes: 0, pool: 0, site: 0 };
  ask(0, undefined);
  for (let round = 1; round <= rounds; round += 1) {
    const { bytes, pool, site } = ask(round, hasBase ? here?.ask : undefined);
    all.bytes += bytes / rounds;
    all.pool += pool / rounds;
    all.site += site / rounds;
  }
  return all;
}

const whole = average(false);
const difference = average(true);
const figures = [
  ['size', 'bytes', 'MiB', 2 ** 20],
  ['time in the pool', 'pool', 'ms', 1],
  ['time at the site', 'site', 'ms', 1],
] as const;
for (const [name, key, unit, divisor] of figures) {
  report({
    name: `demand as a difference: ${name}`,
    figure: difference[key] / divisor,
    unit,
    aim: whole[key] / divisor / 2,
    better: 'lower',
    baseline: whole[key] / divisor,
    conditions: `${count} pilots, ${changed} of them changed; the baseline is the whole answer`,
  });
}
