import { Gauge, type Registry } from 'prom-client';
import type { Clock } from '#base/clock.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { FadingSums, unknownName } from '#telemetry/fading-sums.ts';
import type { ExecutionOutcome } from './execution-outcome.ts';

/** A node shows for a working day what it has done. */
const fading = { halfLife: 6 * 3_600_000, most: 2000 };

/** The most nodes with series of their own. */
const mostNodes = 20;

/** What names of nodes consist of; a pilot may say anything. */
const nodeName = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i;

/**
 * On which nodes time is wasted, and payloads cannot start. These are gauges that fade: which nodes are the worst changes, and a
 * counter for each node that ever was among them would not be bounded.
 */
export class NodeMetrics {
  readonly #wasted: FadingSums;
  readonly #failed: FadingSums;

  constructor(registry: Registry, clock: Clock) {
    this.#wasted = new FadingSums({ clock, ...fading });
    this.#failed = new FadingSums({ clock, ...fading });
    register(
      registry,
      'glidein_pool_node_wasted_core_seconds',
      'Recent core-seconds that brought no result, of the twenty nodes with the most; those of six hours ago count half.',
      this.#wasted,
    );
    register(
      registry,
      'glidein_pool_node_failed_starts',
      'Recent payloads that could not start, of the twenty nodes with the most; those of six hours ago count half.',
      this.#failed,
    );
  }

  /** @param slot that of the pilot, if it is still known */
  claimEnded(outcome: ExecutionOutcome, coreSeconds: number, slot: () => ClassAd | undefined): void {
    if (outcome === 'Succeeded') return;
    const said = slot()?.evaluateString('GLIDEIN_Node') ?? '';
    const node = nodeName.test(said) ? said : unknownName;
    if (coreSeconds > 0) this.#wasted.add(node, coreSeconds);
    if (outcome === 'StartFailed') this.#failed.add(node, 1);
  }
}

function register(registry: Registry, name: string, help: string, sums: FadingSums): void {
  new Gauge({
    name,
    help,
    labelNames: ['node'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [node, value] of sums.largest(mostNodes)) this.set({ node }, value);
    },
  });
}
