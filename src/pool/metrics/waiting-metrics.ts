import { Gauge, type Registry } from 'prom-client';
import type { Clock } from '#base/clock.ts';
import type { Autoclusters } from '../negotiator/autoclusters.ts';
import type { Queue } from '../queue/queue.ts';
import { type Deal, selectAutoclusters } from '../registry/select-autoclusters.ts';

interface WaitingOptions {
  readonly queue: Pick<Queue, 'countIn' | 'cluster'>;
  readonly autoclusters: Pick<Autoclusters, 'all'>;
  readonly clock: Clock;
  /** What limits and quotas leave room for. */
  readonly deal: () => Deal;
}

/** Metrics of what waits, and why, as sites are told of it. */
export function waitingMetrics(
  registry: Registry,
  { queue, autoclusters, clock, deal }: WaitingOptions,
): void {
  const registers = [registry];
  new Gauge({
    name: 'glidein_pool_waiting_jobs',
    help: 'Idle jobs: NeedSlot; Limited by quotas or concurrency limits; NotDue (backing off, or beyond max_idle).',
    labelNames: ['class'],
    registers,
    collect() {
      let waiting = 0;
      for (const { waiting: own } of autoclusters.all()) waiting += own.size;
      const { limited } = selectAutoclusters(autoclusters.all(), deal());
      this.set({ class: 'NeedSlot' }, waiting - limited);
      this.set({ class: 'Limited' }, limited);
      this.set({ class: 'NotDue' }, Math.max(0, queue.countIn('Idle') - waiting));
    },
  });
  new Gauge({
    name: 'glidein_pool_oldest_waiting_seconds',
    help: 'Age of the oldest submission of which a job can be matched and still waits; 0 if none does.',
    registers,
    collect() {
      let oldest = Number.POSITIVE_INFINITY;
      for (const { waiting } of autoclusters.all())
        if (waiting.size > 0) oldest = Math.min(oldest, waiting.oldestCluster);
      const queuedAt = queue.cluster(oldest)?.queuedAt;
      this.set(queuedAt === undefined ? 0 : Math.max(0, clock.wall() - queuedAt) / 1000);
    },
  });
}
