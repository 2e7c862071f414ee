import { expect, test } from 'vitest';
import type { KubeEvent } from '#kube/event.ts';
import { problemAmong } from './problem-events.ts';

const event = (reason: string, note: string) => ({ metadata: { name: reason }, reason, note }) as KubeEvent;

test('a missing pull secret is named, although the status tells of the image alone', () => {
  const secret = 'Unable to retrieve some image pull secrets (regcred)';
  const warnings = [event('Failed', 'Error: ErrImagePull'), event('FailedToRetrieveImagePullSecret', secret)];
  expect(problemAmong(warnings)).toEqual({ reason: 'FailedToRetrieveImagePullSecret', message: secret });
});

test('a mount that fails is named by its newest warning', () => {
  const warnings = [event('FailedMount', 'old'), event('FailedMount', 'configmap "c" not found')];
  expect(problemAmong(warnings)?.message).toBe('configmap "c" not found');
});

test('warnings that add nothing to the status are no problem of their own', () => {
  expect(
    problemAmong([event('BackOff', 'Back-off pulling image'), event('Failed', 'Error')]),
  ).toBeUndefined();
});

test('a mount that failed once and then worked does not cost a pilot that pulls a large image its life', () => {
  const secret = event('FailedToRetrieveImagePullSecret', 'regcred');
  const warnings = [
    event('FailedMount', 'failed to sync secret cache'),
    event('FailedCreatePodSandBox', 'timeout'),
  ];
  expect(problemAmong(warnings)?.reason).toBe('FailedMount');
  expect(problemAmong([...warnings, event('Pulling', 'Pulling image "i"')])).toBeUndefined();
  expect(problemAmong([...warnings, secret, event('Pulling', '')])?.reason).toBe(secret.reason);
});
