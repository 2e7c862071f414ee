import type { Habit } from './good-user.ts';

export interface Phase {
  /** Who is there besides the good user. `flood` is the hostile user, as fast as the pool accepts jobs. */
  readonly neighbour: 'none' | 'plain' | 'hostile' | 'flood';
  readonly habit: Habit;
}

/** What was measured in one phase. */
interface Measured {
  readonly seconds: number;
  /** From submission to recorded end, for the good jobs that ended during the phase, and for those that ended after it. */
  readonly milliseconds: readonly number[];
  readonly late: readonly number[];
  /** Jobs that the neighbour submitted. */
  readonly jobs: number;
}

export interface PhaseReport extends Phase {
  readonly seconds: number;
  /** Good jobs that ended per second. */
  readonly rate: number;
  /** Milliseconds from submission to recorded end: the median and the 99th percentile. */
  readonly p50: number;
  readonly p99: number;
  readonly neighbourRate: number;
}

/** Adds up what the good user saw in phases of the same kind. */
export class PhaseFigures {
  readonly #measured = new Map<string, { readonly phase: Phase; readonly all: Measured[] }>();

  add(phase: Phase, measured: Measured): void {
    const known = this.#measured.get(keyOf(phase));
    if (known === undefined) this.#measured.set(keyOf(phase), { phase, all: [measured] });
    else known.all.push(measured);
  }

  of(phase: Phase): PhaseReport {
    const all = this.#measured.get(keyOf(phase))?.all ?? [];
    const seconds = sum(all.map((each) => each.seconds));
    const times = all.flatMap(({ milliseconds, late }) => [...milliseconds, ...late]).sort((a, b) => a - b);
    const quantile = (part: number) => Math.round(times[Math.floor(times.length * part)] ?? 0);
    return {
      ...phase,
      seconds: Math.round(seconds),
      rate: rounded(sum(all.map(({ milliseconds }) => milliseconds.length)) / seconds),
      p50: quantile(0.5),
      p99: quantile(0.99),
      neighbourRate: rounded(sum(all.map(({ jobs }) => jobs)) / seconds),
    };
  }

  report(): {
    readonly phases: readonly PhaseReport[];
    readonly hostileToPlain: Readonly<Record<Habit, number>>;
    readonly flood: PhaseReport | undefined;
  } {
    const reports = [...this.#measured.values()].map(({ phase }) => this.of(phase));
    const ratio = (habit: Habit) =>
      rounded(this.of({ neighbour: 'hostile', habit }).rate / this.of({ neighbour: 'plain', habit }).rate);
    return {
      phases: reports.filter(({ neighbour }) => neighbour !== 'flood'),
      hostileToPlain: { closed: ratio('closed'), open: ratio('open') },
      flood: reports.find(({ neighbour }) => neighbour === 'flood'),
    };
  }
}

const keyOf = ({ neighbour, habit }: Phase): string => `${neighbour} ${habit}`;
const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);
const rounded = (number: number): number => Math.round(number * 100) / 100;
