import { z } from 'zod';

const labels = z.record(z.string(), z.string());
/** Seconds since 1970, and a number as text. */
const point = z.tuple([z.number(), z.string()]);
const instant = z.array(z.object({ metric: labels, value: point }));
const series = z.array(z.object({ metric: labels, values: z.array(point) }));
const rules = z.object({
  groups: z.array(
    z.object({
      rules: z.array(z.object({ name: z.string(), health: z.string(), lastError: z.string().optional() })),
    }),
  ),
});
const targets = z.object({
  activeTargets: z.array(z.object({ scrapeUrl: z.string(), lastError: z.string() })),
});

/** A line: what it is of, and its points. */
export type Series = z.infer<typeof series>[number];

/** A span of time, in seconds since 1970, looked at every `step` seconds. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** What a Prometheus answers. */
export class PrometheusApi {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async query(query: string): Promise<z.infer<typeof instant>> {
    return instant.parse((await this.#get('query', { query }, z.object({ result: z.unknown() }))).result);
  }

  async queryRange(query: string, { start, end, step }: Span): Promise<Series[]> {
    const asked = { query, start: String(start), end: String(end), step: String(step) };
    return series.parse((await this.#get('query_range', asked, z.object({ result: z.unknown() }))).result);
  }

  /** The values of a label among the series of a metric. */
  labelValues(label: string, metric: string): Promise<string[]> {
    return this.#get(`label/${label}/values`, { 'match[]': metric }, z.array(z.string()));
  }

  /** Rules whose last evaluation failed, each with the error. */
  async brokenRules(): Promise<string[]> {
    const { groups } = await this.#get('rules', {}, rules);
    return groups
      .flatMap((group) => group.rules)
      .filter(({ health }) => health !== 'ok')
      .map(({ name, health, lastError }) => `${name} is ${health}: ${lastError}`);
  }

  /** Why targets could not be scraped the last time. */
  async targetErrors(): Promise<string> {
    const { activeTargets } = await this.#get('targets', {}, targets);
    const bad = activeTargets.filter(({ lastError }) => lastError !== '');
    return bad.map(({ scrapeUrl, lastError }) => `${scrapeUrl}: ${lastError}`).join('; ');
  }

  /** @throws Error with Prometheus's own words */
  async #get<T>(path: string, asked: Readonly<Record<string, string>>, data: z.ZodType<T>): Promise<T> {
    const answer = await fetch(`${this.#url}/api/v1/${path}?${new URLSearchParams(asked).toString()}`);
    const body = z
      .object({ status: z.string(), data: z.unknown(), error: z.string().optional() })
      .parse(await answer.json());
    if (body.status !== 'success')
      throw new Error(`Prometheus answers to ${JSON.stringify(asked)}: ${body.error}`);
    return data.parse(body.data);
  }
}
