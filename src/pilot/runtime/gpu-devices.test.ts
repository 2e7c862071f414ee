import { expect, it } from 'vitest';
import { findGpus } from './gpu-devices.ts';

const node = (dev: readonly string[], dri: readonly string[] = []) =>
  findGpus(async (directory) => (directory === '/dev' ? dev : dri));

it.each([
  [['nvidia0', 'nvidia1', 'nvidiactl', 'nvidia-uvm'], [], { vendor: 'nvidia', count: 2 }],
  [['kfd'], ['card0', 'renderD128'], { vendor: 'amd', count: 1 }],
  [['nvidiactl', 'nvidia-uvm'], [], undefined],
  [['nvidia0'], [], undefined],
  [[], ['renderD128'], undefined],
  [['kfd'], [], undefined],
])('a node with the devices %j and %j has the GPUs %j', async (dev, dri, gpus) => {
  expect(await node(dev, dri)).toEqual(gpus);
});
