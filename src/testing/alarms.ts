import { eventually } from './eventually.ts';
import type { PrometheusApi } from './prometheus-api.ts';

type Labels = Readonly<Record<string, string>>;

/** Seconds before a fault in which its alert must have been quiet. */
const quietSeconds = 10;

/** Alerts that faults of a run set off. Without a Prometheus, nothing is waited for and none counts. */
export class Alarms {
  readonly #api: PrometheusApi | undefined;
  readonly #rung = new Set<string>();

  constructor(api: PrometheusApi | undefined) {
    this.#api = api;
  }

  /** The alerts that have fired while their fault lasted, and not before. */
  get rung(): readonly string[] {
    return [...this.#rung];
  }

  /**
   * Call it before something goes wrong. It waits until the alert is quiet: while the machine is too busy to be scraped, some fire.
   *
   * @returns call it while it is wrong: it waits until the alert fires
   * @throws Error when the alert fires although nothing is wrong
   */
  async of(alert: string, labels: Labels = {}): Promise<() => Promise<void>> {
    const api = this.#api;
    if (api === undefined) return async () => {};
    const fires = `ALERTS{${matchers({ alertname: alert, alertstate: 'firing', ...labels })}}`;
    await eventually(async () => {
      const early = await api.query(`count_over_time(${fires}[${quietSeconds}s])`);
      if (early.length > 0) throw new Error(`${fires} is there although nothing is wrong yet`);
    }, 60_000);
    return async () => {
      await eventually(async () => {
        if ((await api.query(fires)).length === 0) throw new Error(`${fires} is not there`);
      }, 60_000);
      this.#rung.add(alert);
    };
  }
}

const matchers = (labels: Labels): string =>
  Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',');
