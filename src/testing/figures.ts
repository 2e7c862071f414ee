/** One measured figure, as `npm run bench` prints it: a JSON line. */
export interface Figure {
  readonly name: string;
  readonly figure: number;
  readonly unit: string;
  /** What the figure should be at least or at most; null where there is no aim. */
  readonly aim: number | null;
  readonly better: 'higher' | 'lower';
  /** The figure of something comparable in the same run; null where there is none. */
  readonly baseline: number | null;
  /** Several of them, by name. */
  readonly baselines?: Readonly<Record<string, number>>;
  /** MiB that the measured process took. */
  readonly memory?: number;
  readonly conditions: string;
}

export function report(figure: Figure): void {
  const round = (value: number | null): number | null =>
    value === null ? null : Number(value.toPrecision(4));
  const { baseline } = figure;
  const ratio = baseline === null || baseline === 0 ? null : figure.figure / baseline;
  const { conditions, baselines = {}, memory = null, ...rest } = figure;
  const line = {
    ...rest,
    figure: round(figure.figure),
    aim: round(figure.aim),
    baseline: round(baseline),
    ratio: round(ratio),
    ...(Object.keys(baselines).length === 0 ? {} : { baselines: each(baselines, round) }),
    ...(Object.keys(baselines).length === 0
      ? {}
      : { ratios: each(baselines, (value) => round(figure.figure / value)) }),
    ...(memory === null ? {} : { memory: Math.round(memory) }),
    conditions,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const each = <From, To>(
  values: Readonly<Record<string, From>>,
  change: (value: From) => To,
): Record<string, To> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));

/** The value below which a share of the values lies (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}
