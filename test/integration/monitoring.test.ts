import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { systemClock } from '#base/clock.ts';
import { metricsText } from '#telemetry/metrics.ts';
import { asGrafanaAsks } from '#testing/grafana-query.ts';
import { type ScrapeConfig, scrapeConfigs } from '#testing/scrape-config.ts';
import { fillPool, fullOperator, seriesIn } from '#testing/scraped-fleet.ts';
import { TestPool } from '#testing/test-pool.ts';
import { type Alert, alerts } from '../../hack/alerts/alerts.ts';
import { chartFolders, renderChart } from '../../hack/charts.mjs';
import { dashboards, queriesOf } from '../../hack/dashboards/dashboards.ts';
import { describedMetrics } from '../../hack/metrics-reference.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const rules = join(root, 'charts/glidein/files/alerts.yaml');
const promtool = process.env.GLIDEIN_TEST_PROMTOOL;
const why =
  promtool === undefined ? (process.env.GLIDEIN_TEST_NO_PROMTOOL ?? 'promtool is missing') : undefined;

/** Of each name of a metric that a pool, an operator or a publisher tells: its labels. */
let labelsOf: ReadonlyMap<string, ReadonlySet<string>>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glidein-monitoring-'));
  const { pool, operator, publisher } = await describedMetrics();
  labelsOf = new Map(
    [...pool, ...operator, ...publisher].flatMap(({ name, type, labels }) =>
      type === 'histogram'
        ? ['_bucket', '_sum', '_count'].map((end) => [`${name}${end}`, new Set([...labels, 'le'])] as const)
        : [[name, new Set(labels)] as const],
    ),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const all = Object.entries(dashboards());
const panels = all.flatMap(([name, dashboard]) =>
  queriesOf(dashboard).map(({ title, expr }) => [name, title, expr, dashboard] as const),
);

/** The metrics in a query, each with the labels that it selects by. */
function selectorsIn(expr: string): { readonly metric: string; readonly labels: readonly string[] }[] {
  return [...expr.matchAll(/\b(glidein_[a-z_]+)(?:\{([^}]*)\})?/g)].map(([, metric = '', matchers = '']) => ({
    metric,
    labels: [...matchers.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  }));
}

function expectKnown(expr: string): void {
  for (const { metric, labels } of selectorsIn(expr)) {
    const known = labelsOf.get(metric);
    expect(known, `${metric} in ${expr}`).toBeDefined();
    for (const label of labels) expect([...(known ?? [])], `${metric} in ${expr}`).toContain(label);
  }
}

describe('dashboards', () => {
  test.each(panels)('%s / %s reads metrics and labels that there are', (_, __, expr) => expectKnown(expr));

  test.skipIf(why)('have queries that Prometheus understands', async () => {
    const queries = panels.map(([, , expr, dashboard], index) => ({
      record: `q${index}`,
      expr: asGrafanaAsks(expr, dashboard, { step: 60, scrape: 30, range: 21_600 }),
    }));
    const file = join(folder, 'queries.yaml');
    await writeFile(file, stringify({ groups: [{ name: 'queries', rules: queries }] }));
    const { stdout } = await run(promtool ?? '', ['check', 'rules', file]);
    expect(stdout).toContain(`SUCCESS: ${panels.length} rules found`);
  });

  test.each(all)(
    '%s has every panel within the 24 columns of Grafana, and none upon another',
    (_, { panels }) => {
      const taken = new Map<string, string | undefined>();
      for (const { title, gridPos } of panels ?? []) {
        const { x = 0, y = 0, w = 0, h = 0 } = gridPos ?? {};
        expect(w * h, title).toBeGreaterThan(0);
        expect(x + w, title).toBeLessThanOrEqual(24);
        for (let column = x; column < x + w; column += 1)
          for (let line = y; line < y + h; line += 1) {
            expect(taken.get(`${column} ${line}`), `beside ${title}`).toBeUndefined();
            taken.set(`${column} ${line}`, title);
          }
      }
    },
  );

  test.each(all)('%s names its lines below each graph', (_, { panels }) => {
    const graphs = (panels ?? []).filter(({ type }) => type === 'timeseries');
    expect(graphs.length).toBeGreaterThan(0);
    for (const graph of graphs)
      expect(graph, graph.title).toMatchObject({ options: { legend: { showLegend: true } } });
  });
});

describe('alerts', () => {
  test.each(alerts.map(({ name, expr }) => [name, expr] as const))(
    '%s reads metrics and labels that there are',
    (_, expr) => expectKnown(expr),
  );

  test('each have a section in docs/alerts.md, and no section is of another', async () => {
    const text = await readFile(join(root, 'docs/alerts.md'), 'utf8');
    const sections = [...text.matchAll(/^## (Glidein\w+)$/gm)].map(([, name]) => name);
    expect(new Set(sections)).toEqual(new Set(alerts.map(({ name }) => name)));
    expect(sections).toHaveLength(alerts.length);
  });

  test.skipIf(why)('fire in the cases made for them, and rest in others', async () => {
    const cases = alerts.flatMap((alert) => [caseOf(alert, alert.fires, 1), caseOf(alert, alert.rests, 0)]);
    const file = join(folder, 'cases.yaml');
    await writeFile(file, stringify({ rule_files: [rules], evaluation_interval: '1m', tests: cases }));
    const { stdout } = await run(promtool ?? '', ['test', 'rules', file]);
    expect(stdout).toContain('SUCCESS');
  });
});

test('docs/monitoring.md has for a plain Prometheus what the monitors of the chart say', async () => {
  const values = join(chartFolders.glidein, 'ci/monitored-values.yaml');
  const monitors = await renderChart(chartFolders.glidein, [
    '--namespace=glidein-system',
    '--values',
    values,
  ]);
  const text = await readFile(join(root, 'docs/monitoring.md'), 'utf8');
  const block = /```yaml\n(scrape_configs:.*?)```/s.exec(text)?.[1] ?? '';
  const byName = ({ job_name: a }: ScrapeConfig, { job_name: b }: ScrapeConfig) => a.localeCompare(b);
  const { scrape_configs: documented } = parse(block) as { scrape_configs: ScrapeConfig[] };
  expect(documented.toSorted(byName)).toEqual(scrapeConfigs(monitors).toSorted(byName));
});

/** After nearly three hours, as many of these alerts fire as are expected. */
function caseOf({ name }: Alert, series: Alert['fires'], expected: 0 | 1) {
  return {
    interval: '1m',
    input_series: Object.entries(series).map(([metric, values]) => ({ series: metric, values })),
    promql_expr_test: [
      {
        expr: `count(ALERTS{alertname="${name}",alertstate="firing"}) or vector(0)`,
        eval_time: '175m',
        exp_samples: [{ labels: '{}', value: expected }],
      },
    ],
  };
}

describe('the metrics of a large site', () => {
  let pool: TestPool;
  afterAll(() => pool?.destroy());

  test('are at most 5,000 series of pool and operator, and name no job, pilot or pod', async () => {
    pool = await TestPool.start({ leaseSeconds: 3600 });
    fillPool(pool, { pilots: 1_000, groups: 100, submitters: 5_000 });
    const text = await pool.core.metrics.text();
    const operator = await metricsText(fullOperator(100, systemClock));
    expect(seriesIn(text) + seriesIn(operator)).toBeLessThanOrEqual(5_000);
    expect(text).not.toMatch(/pilot-name-|00000000-0000-4000/);
    expect(text).toContain('submitter="(others)"');
    // Quotes and new lines in the names of users end no label and no line.
    for (const line of text.split('\n').filter((each) => each !== '' && !each.startsWith('#')))
      expect(line).toMatch(/^[a-z_]+(\{([a-z_]+="([^"\\\n]|\\.)*",?)*\})? \S+$/);
  });
});
