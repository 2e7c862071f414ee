import { expect, it } from 'vitest';
import { pilotSpec } from './pilot.ts';
import { slotAttributes } from './slot-attributes.ts';

it('a slot says which images it runs: directories, also of images in registries, and no image files', () => {
  const slot = slotAttributes(pilotSpec.parse({ cpus: 1, memory: '1Gi' }), 'X86_64');
  expect(slot).toMatchObject({
    HasContainer: true,
    HasSandboxImage: true,
    HasDockerURL: true,
    HasDocker: true,
    HasSingularity: true,
    HasSIF: false,
  });
});
