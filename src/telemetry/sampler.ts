import { GlideinError } from '#base/error.ts';
import type { TraceParent } from '#base/trace-parent.ts';

/** Whether a trace is recorded. */
export type Sampler = (traceId: string, parent: TraceParent | undefined) => boolean;

const names = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** The digits of a trace id that are random in each version of the standard. */
const randomDigits = 14;

/**
 * As OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG say: all traces that begin here, and of others those whose parent is
 * recorded, if they say nothing.
 * @throws GlideinError InvalidArgument
 */
export function samplerOf(environment: Readonly<Record<string, string | undefined>>): Sampler {
  const name = environment.OTEL_TRACES_SAMPLER || 'parentbased_always_on';
  if (!(names as readonly string[]).includes(name)) {
    throw new GlideinError(
      'InvalidArgument',
      `OTEL_TRACES_SAMPLER: "${name.slice(0, 100)}" is not supported`,
      { cure: `write one of ${names.join(', ')}` },
    );
  }
  const begins = beginning(name.replace('parentbased_', ''), environment.OTEL_TRACES_SAMPLER_ARG);
  if (!name.startsWith('parentbased_')) return (traceId) => begins(traceId);
  return (traceId, parent) => parent?.sampled ?? begins(traceId);
}

function beginning(name: string, argument: string | undefined): (traceId: string) => boolean {
  if (name === 'always_on') return () => true;
  if (name === 'always_off') return () => false;
  const ratio = ratioOf(argument);
  // Every process comes to the same result for the same trace.
  const below = ratio * 16 ** randomDigits;
  return (traceId) => Number.parseInt(traceId.slice(-randomDigits), 16) < below;
}

function ratioOf(text: string | undefined): number {
  if (text === undefined || text === '') return 1;
  const ratio = Number(text);
  if (ratio >= 0 && ratio <= 1 && text.trim() !== '') return ratio;
  throw new GlideinError(
    'InvalidArgument',
    `OTEL_TRACES_SAMPLER_ARG: "${text.slice(0, 100)}" is no share of traces`,
    { cure: 'write a number from 0 to 1' },
  );
}
