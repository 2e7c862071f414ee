import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

/** How Grafana asks Prometheus: one point every `step` seconds over `range` seconds of what was scraped every `scrape` seconds. */
export interface Resolution {
  readonly step: number;
  readonly scrape: number;
  readonly range: number;
}

/**
 * A query of a panel as Grafana sends it while every variable is at "All".
 *
 * @throws Error when a variable is left that Grafana would not know either
 */
export function asGrafanaAsks(
  expr: string,
  { templating }: Pick<Dashboard, 'templating'>,
  { step, scrape, range }: Resolution,
): string {
  const variables: Record<string, string> = {
    __interval: `${step}s`,
    __range: `${Math.ceil(range)}s`,
    __rate_interval: `${Math.max(step + scrape, 4 * scrape)}s`,
  };
  for (const { name, allValue } of templating?.list ?? []) variables[name] = allValue ?? '';
  return expr.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (_all, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? '';
    const value = variables[name];
    if (value === undefined) throw new Error(`${expr} reads $${name}, which the dashboard does not have`);
    return value;
  });
}

/** A legend such as `{{group}} is ready` with the labels of a line put in. */
export const nameOfLine = (legend: string, labels: Readonly<Record<string, string>>): string =>
  legend.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_all, label: string) => labels[label] ?? '').trim();
