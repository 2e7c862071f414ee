/** The door of charts.mjs for TypeScript. */

/** An object as a chart renders it. */
export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
}

export const chartFolders: { readonly glidein: string; readonly crds: string };

/** Values of several kinds of sites, with which the chart `glidein` is tested. */
export function valueFiles(): Promise<string[]>;

/** Runs Helm 4, built first where that was never done. */
export function helm(
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<{ readonly ok: boolean; readonly stdout: string; readonly output: string }>;

/** The path of kubectl, which is built first if needed. */
export function kubectlFile(): Promise<string>;

/** The objects that a chart makes of values; rejects with Helm's own words. */
export function renderChart(chart: string, args?: readonly string[]): Promise<Rendered[]>;
