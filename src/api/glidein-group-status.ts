import * as z from 'zod';
import { keyedList } from '#spec/list.ts';
import { statusBase } from './condition.ts';

const count = (sentence: string) => z.int().min(0).describe(sentence);

/** Pilots by phase. */
export const pilotCounts = z.strictObject({
  unscheduled: count('Created, but without a node yet.'),
  pulling: count('On a node, waiting for the image or volumes.'),
  starting: count('The container is being created.'),
  validating: count('Running and checking the node, but not registered yet.'),
  idle: count('Registered, without a job.'),
  busy: count('Registered, running at least one job.'),
  draining: count('Registered, accepting no new job.'),
  gone: count('Ended as planned; the pod is about to be deleted.'),
  failed: count('Ended too early; the pod is kept for a while as evidence.'),
});

export type PilotCounts = z.infer<typeof pilotCounts>;

const numberRange = z.strictObject({
  from: count('The first number of the range.'),
  to: count('The last number of the range.'),
});

/**
 * The numbers that pilots' names end with. A range is reserved here before its first pod is created. After a crash, or next
 * to a stale leader, using the same numbers again then fails with AlreadyExists instead of creating pilots twice.
 */
export const reservedNumbers = z.strictObject({
  next: count('The lowest number that was never reserved.'),
  ranges: z
    .array(numberRange)
    .max(64)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('Reserved numbers for which it is not yet known whether their pods exist.'),
});

export type ReservedNumbers = z.infer<typeof reservedNumbers>;

/** A limit that reduced the number of pilots at the last decision. */
export const bitingLimit = z.strictObject({
  name: z.string().min(1).max(128).describe('The limit, such as limits.maxPilots.'),
  value: count('Its value.'),
  count: count('How many pilots it prevented.'),
});

export type BitingLimit = z.infer<typeof bitingLimit>;

/** How well payloads are isolated from the pod, as a probe pod has proved. */
export const provedIsolation = z.strictObject({
  tier: z
    .enum(['UserNamespace', 'Shared', 'None'])
    .describe('The strongest isolation that works; None if none does.'),
  template: z.string().max(64).describe('A digest of the template that the probe pod was made from.'),
  node: z.string().max(256).describe('The kind of node that the probe pod ran on.').optional(),
  provedAt: z.iso.datetime().describe('When the probe pod ended.'),
  message: z.string().max(1024).describe('Why nothing stronger works, in the probe’s words.').optional(),
});

export type ProvedIsolation = z.infer<typeof provedIsolation>;

/** What the operator says about a group. A number that is missing is unknown. */
export const glideinGroupStatus = z
  .strictObject({
    ...statusBase,
    replicas: count('Pilots that exist and have not ended, as /scale reports them.').optional(),
    selector: z.string().max(512).describe('The label selector of the pilots’ pods, for /scale.').optional(),
    demand: count('Pilots that the waiting jobs could fill, according to the last decision.').optional(),
    wanted: count('Pilots that the group should have.').optional(),
    running: count('Pilots whose container runs.').optional(),
    pilots: pilotCounts.describe('Pilots by phase.').optional(),
    decision: z.string().max(512).describe('The last decision and its reason, in one sentence.').optional(),
    decidedAt: z.iso.datetime().describe('When the decision last changed.').optional(),
    limits: keyedList(bitingLimit, 'name', 32)
      .describe('The limits that reduced the number of pilots.')
      .optional(),
    breaker: z
      .strictObject({
        state: z.enum(['Closed', 'Open', 'Probing']).describe('Closed is the normal state.'),
        failures: count('Failures in a row.'),
        probeAt: z.iso.datetime().describe('When the next single pilot is tried.').optional(),
      })
      .describe('Whether failures have stopped the group from creating pilots.')
      .optional(),
    reservedNumbers: reservedNumbers.describe('The numbers that pilots’ names end with.').optional(),
    isolation: provedIsolation.describe('What a probe pod has proved, where isolation is Auto.').optional(),
  })
  .describe('What the operator says about the group.');

export type GlideinGroupStatus = z.infer<typeof glideinGroupStatus>;
