import { readdir } from 'node:fs/promises';

/** Whose GPUs a node has, and how many: what decides between apptainer's `--nv` and `--rocm`. */
export interface GpuDevices {
  readonly vendor: 'nvidia' | 'amd';
  readonly count: number;
}

/** The names in a directory; none when there is no such directory. */
export type ListNames = (directory: string) => Promise<readonly string[]>;

const listNames: ListNames = (directory) => readdir(directory).catch(() => []);

/**
 * The GPUs whose devices are here. Apptainer itself does not look: without a device, `--nv` and `--rocm` start a container that has none.
 *
 * **Gotchas.** The control device alone is no GPU: it stays when the last GPU has fallen off the bus.
 */
export async function findGpus(list: ListNames = listNames): Promise<GpuDevices | undefined> {
  const [devices, renderers] = await Promise.all([list('/dev'), list('/dev/dri')]);
  const nvidia = devices.filter((name) => /^nvidia[0-9]+$/.test(name)).length;
  if (nvidia > 0 && devices.includes('nvidiactl')) return { vendor: 'nvidia', count: nvidia };
  const amd = renderers.filter((name) => /^renderD[0-9]+$/.test(name)).length;
  return amd > 0 && devices.includes('kfd') ? { vendor: 'amd', count: amd } : undefined;
}
