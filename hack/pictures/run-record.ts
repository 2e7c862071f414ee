import { join } from 'node:path';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { asGrafanaAsks } from '#testing/grafana-query.ts';
import type { PrometheusApi, Span } from '#testing/prometheus-api.ts';
import { queriesOf } from '../dashboards/dashboards.ts';

/** Where tests leave the record of their last run. */
export const recordFile = join(import.meta.dirname, '../../dist/dashboards-run.json');

/** A line at every step of a record; null where there was nothing. */
export interface Line {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (number | null)[];
}

/** What Prometheus answered to every query of the dashboards about one run. */
export interface RunRecord {
  readonly span: Span;
  /** By dashboard, and the query as it is there. */
  readonly answers: Readonly<Record<string, Readonly<Record<string, readonly Line[]>>>>;
}

/** @param scrape seconds between two looks at each target */
export async function recordRun(
  api: PrometheusApi,
  dashboards: Readonly<Record<string, Dashboard>>,
  span: Span,
  scrape: number,
): Promise<RunRecord> {
  const answers: Record<string, Record<string, Line[]>> = {};
  for (const [name, dashboard] of Object.entries(dashboards)) {
    const ofOne: Record<string, Line[]> = {};
    for (const { expr } of queriesOf(dashboard)) {
      const asked = asGrafanaAsks(expr, dashboard, {
        step: span.step,
        scrape,
        range: span.end - span.start,
      });
      const found = await api.queryRange(asked, span);
      ofOne[expr] = found.map(({ metric, values }) => ({ labels: metric, values: onSteps(values, span) }));
    }
    answers[name] = ofOne;
  }
  return { span, answers };
}

function onSteps(points: readonly (readonly [number, string])[], { start, end, step }: Span) {
  const values = Array.from<number | null>({ length: Math.floor((end - start) / step) + 1 }).fill(null);
  for (const [time, text] of points) {
    const value = Number(text);
    if (Number.isFinite(value)) values[Math.round((time - start) / step)] = Number(value.toPrecision(4));
  }
  return values;
}
