import * as z from 'zod';
import { duration } from '#spec/fields.ts';
import { wordSet } from '#spec/list.ts';
import { withRules } from '#spec/rule.ts';

/** One rule for errors before a pilot starts. It takes plain words and no patterns, because tenants write it. */
export const startError = withRules(
  z.strictObject({
    reasons: wordSet(z.string().min(1).max(128), 32)
      .describe(
        'Reasons of a waiting container, a condition or an event, such as ErrImagePull; any of them matches.',
      )
      .optional(),
    messages: wordSet(z.string().min(1).max(256), 32)
      .describe('Parts of the message, regardless of case; any of them matches.')
      .optional(),
    action: z
      .enum(['Fail', 'Retry'])
      .describe(
        'Fail: the group is at fault, and its breaker counts the failure. Retry: the node is at fault or the error will pass, and another pilot is tried.',
      ),
    grace: duration('How long the error may last before the pilot is given up.').default('0s'),
  }),
  [
    {
      cel: 'has(self.reasons) || has(self.messages)',
      message: 'a rule without reasons and messages would match every error',
      cure: 'write reasons, messages or both',
      holds: (value) => value.reasons !== undefined || value.messages !== undefined,
    },
  ],
);

export type StartError = z.infer<typeof startError>;

/**
 * The default rules: errors that only the group's author can fix fail at once. `groups/pods/start-errors.ts` applies them; a
 * reason that the kubelet reports in Events only is seen if `groups/pods/problem-events.ts` looks for it.
 */
export const defaultStartErrors: StartError[] = [
  { reasons: ['InvalidImageName', 'ErrImageNeverPull'], action: 'Fail', grace: '0s' },
  {
    reasons: ['ErrImagePull', 'ImagePullBackOff'],
    messages: ['not found', 'manifest unknown', 'unauthorized', 'denied', 'no match for platform'],
    action: 'Fail',
    grace: '1m',
  },
  { reasons: ['ErrImagePull', 'ImagePullBackOff'], action: 'Retry', grace: '10m' },
  { reasons: ['CreateContainerConfigError'], action: 'Fail', grace: '1m' },
  { reasons: ['FailedMount', 'FailedAttachVolume'], action: 'Retry', grace: '5m' },
  { reasons: ['CreateContainerError', 'RunContainerError'], action: 'Retry', grace: '1m' },
];

/** The rules in order; the first that matches decides. */
export const startErrors = z
  .array(startError)
  .max(64)
  .meta({ 'x-kubernetes-list-type': 'atomic' })
  .default(defaultStartErrors)
  .describe('How errors before a pilot starts are handled; the first rule that matches decides.');

/** How long a pilot may stay in each phase before it counts as failed and is deleted. */
export const deadlines = z
  .strictObject({
    unscheduled: duration(
      'Until a node is found. Time in which a queue such as Kueue holds the pod back does not count.',
    ).default('1h'),
    pulling: duration('Until the image is on the node and the volumes are mounted.').default('15m'),
    starting: duration('Until the container runs, once image and volumes are there.').default('5m'),
    unregistered: duration('Until the running pilot has checked its node and registered.').default('10m'),
    terminating: duration(
      'Until a pod that was told to end is gone; after that it is deleted by force, unless its pool still waits for its pilot.',
    ).default('10m'),
  })
  .prefault({})
  .describe('How long a pilot may stay in each phase before it counts as failed and is deleted.');

export type Deadlines = z.infer<typeof deadlines>;

/** When a group whose pilots all fail stops creating them and tries single ones instead. */
export const breaker = z
  .strictObject({
    failures: z.int().min(1).max(1000).default(5).describe('How many failures open the breaker.'),
    within: duration('The time within which they must happen, without a success in between.').default('10m'),
    probeAfter: duration(
      'The time until a single pilot is tried; it doubles with each trial that fails.',
    ).default('2m'),
    probeAtMost: duration('The longest time between two trials.').default('30m'),
  })
  .prefault({})
  .describe('When a group whose pilots all fail stops creating them and tries single ones instead.');

export type Breaker = z.infer<typeof breaker>;

/** Where the pilots of a group do not go for a while. */
export const badNodes = z
  .strictObject({
    avoidFor: duration(
      'For so long, no pilot of the group is created for a node on which one has found out that payloads cannot run there: its probe or a validation failed, or payloads could not be started. At most the 16 latest such nodes are avoided.',
    ).default('0s'),
  })
  .prefault({})
  .describe('What follows when payloads cannot run on a node.');
