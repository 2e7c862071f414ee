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

/** The default rules: errors that only the group's author can fix fail at once. */
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
