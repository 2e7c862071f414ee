import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { queriesOf } from '../../hack/dashboards/dashboards.ts';
import { asGrafanaAsks, nameOfLine } from './grafana-query.ts';
import type { PrometheusApi, Series, Span } from './prometheus-api.ts';

/**
 * What dashboards do not show over a span of time: queries without a series, or without one number in all of them, and lines that
 * no label names. Each with its dashboard, panel and query.
 */
export async function notShown(
  api: PrometheusApi,
  dashboards: Readonly<Record<string, Dashboard>>,
  span: Span,
  scrape: number,
): Promise<string[]> {
  const found: string[] = [];
  for (const [name, dashboard] of Object.entries(dashboards))
    for (const { title, expr, legend } of queriesOf(dashboard)) {
      const asked = asGrafanaAsks(expr, dashboard, { step: span.step, scrape, range: span.end - span.start });
      const lines = await api.queryRange(asked, span);
      const complaint = complaintOf(lines, legend);
      if (complaint !== undefined) found.push(`${name} / ${title}: ${complaint}: ${asked}`);
    }
  return found;
}

function complaintOf(lines: readonly Series[], legend: string | undefined): string | undefined {
  const hasNumber = lines.some(({ values }) => values.some(([, value]) => Number.isFinite(Number(value))));
  if (!hasNumber) return 'no number';
  const unnamed = lines.find(({ metric }) => legend !== undefined && nameOfLine(legend, metric) === '');
  return unnamed === undefined ? undefined : `a line without a name, ${JSON.stringify(unnamed.metric)}`;
}
