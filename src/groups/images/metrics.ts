import { Gauge } from 'prom-client';
import type { Registry } from '#telemetry/metrics.ts';
import type { ImageSetResource } from '../cluster/resources.ts';

const labelNames = ['namespace', 'set'] as const;

/**
 * Sets of images as their statuses say, counted at every scrape. Create it once per registry. A publisher reports its own
 * metrics itself.
 */
export function imageSetMetrics(registry: Registry, sets: () => Iterable<ImageSetResource>): void {
  new Gauge({
    name: 'glidein_image_set_tags',
    help: 'Tags by state; one may be live and failing.',
    labelNames: [...labelNames, 'state'] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const { metadata, status } of sets()) {
        const { published, pending, failed } = status?.counts ?? {};
        for (const [state, count] of Object.entries({ live: published, pending, failed }))
          if (count !== undefined) this.set({ ...labelsOf(metadata), state }, count);
      }
    },
  });
  new Gauge({
    name: 'glidein_image_set_ready',
    help: '1 while the publisher of the set serves, by the condition Ready.',
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const { metadata, status } of sets()) {
        const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
        this.set(labelsOf(metadata), Number(ready));
      }
    },
  });
  new Gauge({
    name: 'glidein_image_set_answered_timestamp_seconds',
    help: 'When the publisher of the set gave the answer that its status repeats; it lags by a minute.',
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const { metadata, status } of sets())
        if (status?.lastAnswer !== undefined)
          this.set(labelsOf(metadata), Date.parse(status.lastAnswer) / 1000);
    },
  });
}

const labelsOf = ({ namespace = '', name }: ImageSetResource['metadata']) => ({ namespace, set: name });
