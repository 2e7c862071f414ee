import { expect, it } from 'vitest';
import { fetchedReference } from './fetched-reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const rules = {
  registries: ['ghcr.io/atlas', 'docker.io'],
  urls: [],
  digestsOnly: false,
  cacheSize: '1Gi',
  timeLimit: '1m',
};

it.each([
  [
    'docker://ghcr.io/atlas/tool:1',
    { registry: 'ghcr.io', repository: 'atlas/tool', tag: '1', digest: undefined },
  ],
  [
    'docker://debian:12',
    { registry: 'docker.io', repository: 'library/debian', tag: '12', digest: undefined },
  ],
  [
    'docker://index.docker.io/a/b',
    { registry: 'docker.io', repository: 'a/b', tag: 'latest', digest: undefined },
  ],
  [`docker://a/b:1@${digest}`, { registry: 'docker.io', repository: 'a/b', tag: undefined, digest }],
])('%s may be fetched', (name, reference) => {
  expect(fetchedReference(name, rules)).toEqual(reference);
});

it.each([
  ['docker://ghcr.io/atlas-evil/tool:1', rules, /fetch images of ghcr.io\/atlas, docker.io only/],
  ['docker://quay.io/atlas/tool:1', rules, /fetch images of/],
  ['docker://ghcr.io/atlas/../evil', rules, /names no image/],
  ['docker://debian:12', { ...rules, digestsOnly: true }, /named by their digest/],
])('%s may not be fetched, and the reason says why', (name, limits, reason) => {
  expect(fetchedReference(name, limits)).toMatch(reason);
});

it.each([
  ['hello', rules],
  ['/cvmfs/tool', rules],
  [undefined, rules],
  ['docker://debian:12', { ...rules, registries: [] }],
])('%s is not fetched with the rules %j', (name, limits) => {
  expect(fetchedReference(name, limits)).toBeUndefined();
});

it('a digest is enough for a group that wants digests', () => {
  expect(fetchedReference(`docker://debian@${digest}`, { ...rules, digestsOnly: true })).toMatchObject({
    digest,
  });
});
