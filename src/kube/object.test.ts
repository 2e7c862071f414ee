import { expect, test } from 'vitest';
import { keyOf, nameOf } from './object.ts';
import { collectionPath, configMaps, glideinGroups, nodes, objectPath } from './resource.ts';

test('the key of an object and its name are converted into each other', () => {
  for (const key of [{ namespace: 'a', name: 'b' }, { name: 'node-1' }])
    expect(keyOf(nameOf(key))).toEqual(key);
});

test('the paths of kinds and objects at the API server', () => {
  expect(collectionPath(configMaps)).toBe('/api/v1/configmaps');
  expect(collectionPath(configMaps, 'a')).toBe('/api/v1/namespaces/a/configmaps');
  expect(objectPath(nodes, { name: 'n1' })).toBe('/api/v1/nodes/n1');
  expect(objectPath(glideinGroups(), { namespace: 'a', name: 'g' }, 'status')).toBe(
    '/apis/glidein.dev/v1alpha1/namespaces/a/glideingroups/g/status',
  );
  expect(objectPath(configMaps, { namespace: '../x', name: 'a/b' })).toBe(
    '/api/v1/namespaces/..%2Fx/configmaps/a%2Fb',
  );
});
