import { stringify } from 'yaml';
import { alerts } from './alerts.ts';

/** The alerts as a file of rules for Prometheus; the chart puts the same into a PrometheusRule. */
export function rulesText(): string {
  const rules = alerts.map(({ name, expr, for: since, severity, summary }) => ({
    alert: name,
    expr,
    for: since,
    labels: { severity },
    annotations: { summary, runbook: `docs/alerts.md#${name.toLowerCase()}` },
  }));
  const about =
    '# Written by hack/update-cli-reference.ts: do not edit. docs/alerts.md says of each what to do.\n';
  return about + stringify({ groups: [{ name: 'glidein', rules }] }, { lineWidth: 0 });
}
