import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { Attacker, type AttackOrder } from './attacker.ts';
import { GoodWorks, type Wait, type Waited, waits } from './good-works.ts';
import type { Target } from './target.ts';

interface BesideOptions {
  readonly target: Target;
  /** The names of the attacks. */
  readonly attacks: readonly string[];
  readonly order: AttackOrder;
  readonly rounds: number;
  /** Of the good user alone, and as many beside each attack. */
  readonly seconds: number;
  /** Pilots of nobody's: each waiting job is tried on them. */
  readonly pilots: number;
  readonly onPhase?: (report: AttackReport) => void;
}

/** Milliseconds: the median and the 95th percentile; and how often the good user waited. */
interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly count: number;
}

export interface AttackReport {
  readonly attack: string;
  readonly done: Readonly<Record<string, number>>;
  readonly alone: Readonly<Record<Wait, Quantiles>>;
  readonly beside: Readonly<Record<Wait, Quantiles>>;
  /** The median beside the attack, as a multiple of that alone. */
  readonly ratio: Readonly<Record<Wait, number>>;
}

/** Measures how long a good user waits, alone and beside each attack in turn, so that conditions are equal. */
export async function waitsBeside(options: BesideOptions): Promise<readonly AttackReport[]> {
  const { target, attacks, order, rounds, seconds, pilots, onPhase } = options;
  const idle = await idlePilots(target, pilots);
  const good = await GoodWorks.start(target);
  const attacker = new Attacker(order);
  try {
    await good.measure(AbortSignal.timeout(500));
    const seen = new Map(attacks.map((attack) => [attack, new Seen(attack)]));
    for (let round = 0; round < rounds; round += 1)
      for (const [attack, figures] of seen) {
        const measure = () => good.measure(AbortSignal.timeout(seconds * 1000));
        figures.alone.push(await measure());
        attacker.begin(attack);
        figures.beside.push(await measure());
        figures.add(await attacker.end());
        onPhase?.(figures.report());
      }
    return [...seen.values()].map((each) => each.report());
  } finally {
    await attacker.close();
    good.stop();
    for (const pilot of idle) pilot.cut();
  }
}

class Seen {
  readonly alone: Waited[] = [];
  readonly beside: Waited[] = [];
  readonly #attack: string;
  readonly #done: Record<string, number> = {};

  constructor(attack: string) {
    this.#attack = attack;
  }

  add(done: Readonly<Record<string, number>>): void {
    for (const [what, count] of Object.entries(done)) this.#done[what] = (this.#done[what] ?? 0) + count;
  }

  report(): AttackReport {
    const alone = ofEach((wait) => quantiles(this.alone.flatMap((each) => each[wait])));
    const beside = ofEach((wait) => quantiles(this.beside.flatMap((each) => each[wait])));
    const ratio = ofEach((wait) => rounded(beside[wait].p50 / alone[wait].p50));
    return { attack: this.#attack, done: this.#done, alone, beside, ratio };
  }
}

const ofEach = <T>(figure: (wait: Wait) => T) =>
  Object.fromEntries(waits.map((wait) => [wait, figure(wait)])) as Record<Wait, T>;

function quantiles(milliseconds: readonly number[]): Quantiles {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (part: number) => rounded(sorted[Math.floor(sorted.length * part)] ?? Number.NaN);
  return { p50: at(0.5), p95: at(0.95), count: sorted.length };
}

const rounded = (number: number): number => Math.round(number * 100) / 100;

const idlePilots = (target: Target, count: number): Promise<ScriptedPilot[]> =>
  Promise.all(
    Array.from({ length: count }, async (_, index) =>
      ScriptedPilot.start({
        url: target.url,
        token: await target.token('pilot', `idle-${index}`),
        uid: `idle-${index}`,
        slot: { Kind: `"kind-${index % 10}"`, Memory: String(2000 + 100 * (index % 7)) },
      }),
    ),
  );
