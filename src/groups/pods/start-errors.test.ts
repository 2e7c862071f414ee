import { expect, it } from 'vitest';
import { defaultStartErrors } from '#api/pilot-failures.ts';
import type { Pod } from '#kube/resource.ts';
import { ruledProblemOf } from './start-errors.ts';

const pod = (status: object): Pod =>
  ({ metadata: { name: 'g-0', creationTimestamp: '2026-01-01T12:00:00Z' }, status }) as unknown as Pod;

const waiting = (reason: string, message: string) =>
  pod({
    conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T12:01:00Z' }],
    containerStatuses: [{ name: 'pilot', state: { waiting: { reason, message } } }],
  });

it('the first rule that fits a start error decides what is done', () => {
  expect(
    ruledProblemOf(waiting('ErrImagePull', 'rpc error: manifest unknown'), defaultStartErrors),
  ).toMatchObject({ action: 'Fail', grace: 60_000 });
  expect(ruledProblemOf(waiting('ErrImagePull', 'i/o timeout'), defaultStartErrors)).toMatchObject({
    action: 'Retry',
    grace: 600_000,
  });
});

it('a pod that is still starting, or whose error no rule names, has no start error', () => {
  expect(ruledProblemOf(waiting('ContainerCreating', ''), defaultStartErrors)).toBeUndefined();
  expect(ruledProblemOf(waiting('Unheard', ''), defaultStartErrors)).toBeUndefined();
  const unschedulable = pod({
    conditions: [{ type: 'PodScheduled', status: 'False', reason: 'FailedMount' }],
  });
  expect(ruledProblemOf(unschedulable, defaultStartErrors)).toBeUndefined();
});

it('rules for start errors also match conditions of the pod, and ignore the case of messages', () => {
  const condition = {
    type: 'PodReadyToStartContainers',
    status: 'False',
    reason: 'X',
    message: 'NO Space',
  };
  const stuck = pod({ conditions: [condition] });
  const rules = [{ messages: ['no space'], action: 'Retry' as const, grace: '5s' }];
  expect(ruledProblemOf(stuck, rules)).toEqual({
    reason: 'X',
    message: 'NO Space',
    action: 'Retry',
    grace: 5000,
  });
  const others = [{ messages: ['no such image'], action: 'Retry' as const, grace: '5s' }];
  expect(ruledProblemOf(stuck, others)).toBeUndefined();
});
