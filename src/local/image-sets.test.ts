import { expect, it } from 'vitest';
import { readManifests } from '#api/manifest.ts';
import { imageSetsIn } from './image-sets.ts';

const here = process.arch === 'x64' ? 'linux/amd64' : `linux/${process.arch}`;
const elsewhere = here === 'linux/amd64' ? 'linux/arm64' : 'linux/amd64';

const manifest = (name: string, spec: object = {}, metadata: object = {}) =>
  JSON.stringify({
    apiVersion: 'glidein.dev/v1alpha1',
    kind: 'ImageSet',
    metadata: { name, ...metadata },
    spec: { directory: { claimName: 'images' }, images: [{ reference: 'debian:12' }], ...spec },
  });

const read = (...texts: string[]) =>
  imageSetsIn(readManifests(texts.map((text, n) => ({ file: `${n}.yaml`, text }))).resources);

it('a set of images is published for this machine, whatever machines it is for elsewhere', () => {
  const { imageSets, notes } = read(manifest('s', { platforms: [elsewhere] }));
  expect(imageSets).toMatchObject([
    { name: 's', spec: { platforms: [here], images: [{ reference: 'debian:12' }] } },
  ]);
  expect(notes).toEqual([
    `images of "s" are published for ${here}, which this machine is, instead of ${elsewhere}`,
  ]);
  expect(read(manifest('s', { platforms: [here] })).notes).toEqual([]);
});

it('a set with pull secrets is published with the credentials of the user, which is said', () => {
  const { notes } = read(manifest('s', { platforms: [here], imagePullSecrets: [{ name: 'x' }] }));
  expect(notes).toEqual([expect.stringContaining('docker login or podman login')]);
});

it('of two sets with the same name in two namespaces only the first is published, and the other is reported', () => {
  const { imageSets, problems } = read(manifest('s'), manifest('s', {}, { namespace: 'other' }));
  expect(imageSets).toHaveLength(1);
  expect(problems.map((problem) => problem.describe())).toEqual([
    expect.stringMatching(/^1\.yaml:1:\d+: metadata\.name: .*give one of them another name$/),
  ]);
});
