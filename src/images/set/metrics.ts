import { Counter, Gauge } from 'prom-client';
import type { ImageSetStatus } from '#spec/image-set-status.ts';
import type { Registry } from '#telemetry/metrics.ts';

/** What a publisher counts. Create it once per registry. */
export interface SetMetrics {
  checked(result: 'answered' | 'failed'): void;
  /** @param result `published`, or the code of a failure */
  published(result: string): void;
  removed(what: 'name' | 'image', count: number): void;
}

/** @param status undefined while nothing is known */
export function setMetrics(
  registry: Registry,
  status: () => Pick<ImageSetStatus, 'counts' | 'images' | 'listings'> | undefined,
): SetMetrics {
  const counter = (name: string, help: string, label: string) =>
    new Counter({ name, help, labelNames: [label], registers: [registry] });
  const checks = counter(
    'glidein_image_checks_total',
    'Tags that were compared with their registry.',
    'result',
  );
  const publications = counter(
    'glidein_image_publications_total',
    'Images that were to be published.',
    'result',
  );
  const removals = counter(
    'glidein_image_removals_total',
    'Names and images that a clean-up removed.',
    'what',
  );
  new Gauge({
    name: 'glidein_images',
    help: 'Tags of the set on all platforms, by their state; a tag that is live and whose last attempt failed counts twice.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      for (const [state, count] of Object.entries(status()?.counts ?? {})) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'glidein_image_next_check_timestamp_seconds',
    help: 'When the next tag is due to be compared with its registry; in the past while the publisher does not keep up.',
    registers: [registry],
    collect() {
      const next = nextCheck(status());
      if (next === undefined) this.reset();
      else this.set(next / 1000);
    },
  });
  return {
    checked: (result) => checks.inc({ result }),
    published: (result) => publications.inc({ result }),
    removed: (what, count) => removals.inc({ what }, count),
  };
}

/** Epoch milliseconds. */
function nextCheck(status: Pick<ImageSetStatus, 'images' | 'listings'> | undefined): number | undefined {
  let next: number | undefined;
  for (const { nextCheckAt } of [...(status?.images ?? []), ...(status?.listings ?? [])]) {
    const at = nextCheckAt === undefined ? Number.NaN : Date.parse(nextCheckAt);
    if (Number.isFinite(at)) next = Math.min(next ?? at, at);
  }
  return next;
}
