import { expect, test } from 'vitest';
import { resourceIn } from './resource-in.ts';

test.each([
  ['/api/v1/namespaces/atlas/pods/p-1', 'pods'],
  ['/api/v1/namespaces/atlas/pods', 'pods'],
  ['/api/v1/pods', 'pods'],
  ['/apis/glidein.dev/v1alpha1/namespaces/atlas/glideingroups/g/status', 'glideingroups/status'],
  ['/apis/glidein.dev/v1alpha1/glideingroups', 'glideingroups'],
  ['/api/v1/namespaces/atlas/serviceaccounts/default/token', 'serviceaccounts/token'],
  ['/api/v1/namespaces/atlas', 'namespaces'],
  ['/openid/v1/jwks', 'other'],
  ['/', 'other'],
])('%s is about %s', (path, resource) => expect(resourceIn(path)).toBe(resource));
