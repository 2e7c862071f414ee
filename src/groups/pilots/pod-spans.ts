import { parseTraceParent } from '#base/trace-parent.ts';
import { childOf, type Tracing } from '#telemetry/span.ts';
import { traceAnnotation } from '../pods/build.ts';
import type { GroupPilot } from './observe.ts';
import { podMoments, type StartStep } from './start-up.ts';

/** The last step is told by the pilot itself, in its own spans. */
const names: Partial<Record<StartStep, string>> = {
  Scheduled: 'schedule',
  Prepared: 'prepare volumes and network',
  Pulled: 'pull image and start',
};

interface PodSpansOptions {
  readonly tracing: Pick<Tracing, 'record'>;
  readonly group: string;
  /** When it was seen: epoch milliseconds. */
  readonly at: number;
  /** Why its pilot has ended without having registered. */
  readonly failure?: string | undefined;
}

/**
 * Makes the spans of a pod whose pilot has just been seen to have registered, or to have ended without that: `pod`, from its
 * creation, and below it what Kubernetes says of its start. Which span stands for the pod is in its annotation.
 */
export function recordPodSpans(
  { pod, name }: Pick<GroupPilot, 'pod' | 'name'>,
  { tracing, group, at, failure }: PodSpansOptions,
): void {
  const self = parseTraceParent(pod.metadata.annotations?.[traceAnnotation]);
  const start = Date.parse(pod.metadata.creationTimestamp ?? '');
  if (self === undefined || !Number.isFinite(start)) return;
  for (const { step, from, until } of podMoments(pod, at)) {
    const span = names[step];
    if (span !== undefined)
      tracing.record({ name: span, self: childOf(self), parent: self, start: from, end: until });
  }
  const attributes = {
    'glidein.pilot': name,
    'glidein.group': group,
    'k8s.pod.name': pod.metadata.name,
    'k8s.namespace.name': pod.metadata.namespace ?? '',
    'k8s.node.name': pod.spec?.nodeName ?? '',
  };
  tracing.record({ name: 'pod', self, start, end: at, attributes, failure });
}
