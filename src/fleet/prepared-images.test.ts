import { expect, it } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import { preparesOf, preparing } from './prepared-images.ts';

const pilotOf = (images: object, more: object = {}) =>
  glideinGroupSpec.parse({
    poolRef: { name: 'p' },
    replicas: 1,
    pilot: { cpus: 1, memory: '1Gi', disk: '1Gi', runtime: { images, ...more } },
  }).pilot;

it('pilots prepare images of waiting jobs where they fetch images or keep containers warm, and as many as the group says', () => {
  const remote = { registries: ['ghcr.io'] };
  expect(preparesOf(pilotOf({}))).toEqual({});
  expect(preparesOf(pilotOf({ remote }))).toEqual({ prepares: 2 });
  expect(preparesOf(pilotOf({ prepareWaiting: 8 }, { warm: {} }))).toEqual({ prepares: 8 });
  expect(preparesOf(pilotOf({ prepareWaiting: 0, remote }))).toEqual({});
});

it('a pilot prepares what its group names first, each image once, and no more than it takes', () => {
  const prepareOf = (prepare: string[], wanted?: string[]) =>
    preparing(pilotOf({ prepare }), wanted).runtime.images.prepare;
  expect(prepareOf(['a', 'b'], ['c', 'a'])).toEqual(['a', 'b', 'c']);
  expect(prepareOf(['a'])).toEqual(['a']);
  const full = Array.from({ length: 15 }, (_, index) => `image-${index}`);
  expect(prepareOf(full, ['c', 'd'])).toEqual([...full, 'c']);
});
