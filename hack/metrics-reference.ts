import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#base/clock.ts';
import { runOperator } from '#groups/operator.ts';
import { setMetrics } from '#images/set/metrics.ts';
import { Core } from '#pool/core.ts';
import { createLogger } from '#telemetry/logger.ts';
import { createMetrics, type Registry } from '#telemetry/metrics.ts';
import { countSpans } from '#telemetry/span-counter.ts';

/** What one metric is, as its process registers it. */
export interface DescribedMetric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly labels: readonly string[];
}

/** The metrics of each program, asked of the program itself. */
export async function describedMetrics(): Promise<
  Record<'pool' | 'operator' | 'publisher', readonly DescribedMetric[]>
> {
  return { pool: await ofPool(), operator: await ofOperator(), publisher: ofPublisher() };
}

async function ofPool(): Promise<readonly DescribedMetric[]> {
  const directory = await mkdtemp(join(tmpdir(), 'glidein-metrics-'));
  const registry = createMetrics();
  countSpans(registry);
  const core = await Core.open({
    settings: {
      directory,
      host: '127.0.0.1',
      port: 0,
      leaseSeconds: 60,
      mostLostPilots: 5,
      periodicSeconds: 60,
      synchronous: 'OFF',
    },
    clock: systemClock,
    logger: createLogger('pool', { level: 'silent' }),
    onBroken: () => {},
    registry,
  });
  await core.close();
  await rm(directory, { recursive: true });
  return described(registry);
}

/** An operator that is told to end before it has asked anybody anything. */
async function ofOperator(): Promise<readonly DescribedMetric[]> {
  const registry = createMetrics();
  countSpans(registry);
  await runOperator(
    {
      config: { server: 'https://127.0.0.1:1', token: async () => '', namespace: 'none' },
      settings: { site: 'none', image: 'none', account: { namespace: 'none', name: 'none' } },
      clock: systemClock,
      random: Math.random,
      logger: createLogger('operator', { level: 'silent' }),
      registry,
      metrics: 'Token',
      metricsSecret: { namespace: 'none', name: 'none' },
      leaseNamespace: 'none',
      podName: 'none',
    },
    AbortSignal.abort(),
  );
  return described(registry);
}

function ofPublisher(): readonly DescribedMetric[] {
  const registry = createMetrics();
  setMetrics(registry, () => undefined);
  return described(registry);
}

/** The project's own, by name; those of Node and of the process are described by prom-client. */
function described(registry: Registry): readonly DescribedMetric[] {
  const all = registry.getMetricsAsArray() as unknown as (Omit<DescribedMetric, 'labels'> & {
    readonly labelNames: readonly string[];
  })[];
  return all
    .filter(({ name }) => name.startsWith('glidein_'))
    .map(({ name, help, type, labelNames }) => ({ name, help, type, labels: labelNames }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `docs/reference/metrics.md`. @param generated the line that says who writes the file */
export async function metricsText(generated: string): Promise<string> {
  const { pool, operator, publisher } = await describedMetrics();
  const rows = (metrics: readonly DescribedMetric[]) =>
    metrics
      .map(
        ({ name, type, labels, help }) =>
          `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help.replaceAll('|', '\\|')} |`,
      )
      .join('\n');
  const head = '| Metric | Type | Labels | Meaning |\n|---|---|---|---|';
  return `${generated}

# Metrics

Prometheus reads them at \`/metrics\` of each pool, of each operator and of each publisher of images. Names of jobs, pilots and pods are never among the labels, and the
number of series is bounded: beyond 200 groups, 100 submitters or 100 accounting groups, the rest is counted as \`(others)\`, and of nodes only the worst are named. All programs also serve the
metrics of Node and of their process (\`nodejs_…\`, \`process_…\`).

They are for those who have a token ([install.md](../install.md#metrics-and-networks)): one that opens nothing else, or for a pool and a publisher also one of its own. \`metrics: Open\`
opens those of a pool to everybody who can reach it: then no submitter is named. \`--metrics Open\` opens those of the operator.

## The pool

${head}
${rows(pool)}

## The operator

Of several operators, only the one that leads tells how groups, policies, pools and sets of images are. The others tell what they did while they led.

${head}
${rows(operator)}

## The publisher of a set of images

${head}
${rows(publisher)}
`;
}
