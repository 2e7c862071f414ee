import * as z from 'zod';
import { duration } from '#spec/fields.ts';
import { wordSet } from '#spec/list.ts';
import { withRules } from '#spec/rule.ts';

/** One rule of what an error before the start of a pilot means. Plain words, no patterns: a tenant writes them. */
export const startError = withRules(
  z.strictObject({
    reasons: wordSet(z.string().min(1).max(128), 32)
      .describe(
        'Reasons of a waiting container, a condition or an event, such as ErrImagePull; any of them fits.',
      )
      .optional(),
    messages: wordSet(z.string().min(1).max(256), 32)
      .describe('Parts of the message, in any case; any of them fits.')
      .optional(),
    action: z
      .enum(['Fail', 'Retry'])
      .describe(
        'Fail: the fault is the group’s, its breaker counts it. Retry: the fault is the node’s or passes, another pilot is tried.',
      ),
    grace: duration('How long the error may stand before the pilot is given up.').default('0s'),
  }),
  [
    {
      cel: 'has(self.reasons) || has(self.messages)',
      message: 'a rule without reasons and messages would fit every error',
      cure: 'write reasons, messages or both',
      holds: (value) => value.reasons !== undefined || value.messages !== undefined,
    },
  ],
);

export type StartError = z.infer<typeof startError>;

/** What holds where a group says nothing: what nobody but the group's author can mend fails at once. */
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

/** The rules in their order; the first that fits decides. */
export const startErrors = z
  .array(startError)
  .max(64)
  .meta({ 'x-kubernetes-list-type': 'atomic' })
  .default(defaultStartErrors)
  .describe('What errors before the start of a pilot mean; the first rule that fits decides.');
