import { expect, test } from 'vitest';
import type { KubeEvent } from '#kube/event.ts';
import { problemAmong } from './problem-events.ts';

const event = (reason: string, note: string) => ({ metadata: { name: reason }, reason, note }) as KubeEvent;

test('a missing pull secret is named although the pod’s status mentions only the image', () => {
  const secret = 'Unable to retrieve some image pull secrets (regcred)';
  const warnings = [event('Failed', 'Error: ErrImagePull'), event('FailedToRetrieveImagePullSecret', secret)];
  expect(problemAmong(warnings)).toEqual({ reason: 'FailedToRetrieveImagePullSecret', message: secret });
});

test('a failing mount is reported with its newest event', () => {
  const warnings = [event('FailedMount', 'old'), event('FailedMount', 'configmap "c" not found')];
  expect(problemAmong(warnings)?.message).toBe('configmap "c" not found');
});

test('events that add nothing to the pod’s status are not reported', () => {
  expect(
    problemAmong([event('BackOff', 'Back-off pulling image'), event('Failed', 'Error')]),
  ).toBeUndefined();
});

test('a pilot that pulls a large image is not removed because a mount failed once and then worked', () => {
  const secret = event('FailedToRetrieveImagePullSecret', 'regcred');
  const warnings = [
    event('FailedMount', 'failed to sync secret cache'),
    event('FailedCreatePodSandBox', 'timeout'),
  ];
  expect(problemAmong(warnings)?.reason).toBe('FailedMount');
  expect(problemAmong([...warnings, event('Pulling', 'Pulling image "i"')])).toBeUndefined();
  expect(problemAmong([...warnings, secret, event('Pulling', '')])?.reason).toBe(secret.reason);
});
