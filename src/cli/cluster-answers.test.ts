import { expect, it } from 'vitest';
import { GlideinError } from '#base/error.ts';
import type { KubeObject } from '#kube/object.ts';
import { poolCondition, readable } from './cluster-answers.ts';

const refused = () =>
  Promise.reject(new GlideinError('Forbidden', 'POST /api/v1/…: serviceaccounts "alice" is forbidden'));

it('a refusal by Kubernetes names the missing right and how to grant it', async () => {
  await expect(
    readable(refused(), { namespace: 'physics', resource: 'serviceaccounts/token', name: 'alice' }),
  ).rejects.toMatchObject({
    code: 'Forbidden',
    message: 'Kubernetes does not let you create serviceaccounts/token of alice in the namespace physics',
    cure: expect.stringContaining(
      'kubectl -n physics create role glidein-user --verb=create --resource=serviceaccounts/token --resource-name=alice',
    ),
  });
  await expect(readable(refused(), { namespace: 'physics', resource: 'configmaps' })).rejects.toMatchObject({
    cure: expect.stringContaining('--verb=get --resource=configmaps,'),
  });
});

it('an error of Kubernetes other than a refusal is passed on unchanged', async () => {
  const away = new GlideinError('Unavailable', 'away');
  await expect(readable(Promise.reject(away), { namespace: 'n', resource: 'pods' })).rejects.toBe(away);
  expect(await readable(Promise.resolve(1), { namespace: 'n', resource: 'pods' })).toBe(1);
});

it('a pool that is still pending is reported with the reason of the cluster, without advice to start another', () => {
  const conditions = [
    { type: 'Ready', status: 'False', reason: 'VolumePending', message: 'no volume of the class fast' },
  ];
  const pending = poolCondition('physics/main', {
    metadata: { name: 'main' },
    status: { conditions },
  } as KubeObject);
  expect(pending?.describe()).toBe(
    'the pool physics/main is not ready: VolumePending: no volume of the class fast; `kubectl -n physics describe gpool main` shows more',
  );
  expect(poolCondition('physics/main', { metadata: { name: 'main' } })?.message).toContain(
    'no operator has processed it yet',
  );
  const ready = { metadata: { name: 'main' }, status: { conditions: [{ type: 'Ready', status: 'True' }] } };
  expect(poolCondition('physics/main', ready as KubeObject)).toBeUndefined();
});
