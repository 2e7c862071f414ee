import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { NodeModel } from './result-cache.ts';

/** The model of this node: nodes of the same model give the same results. */
export async function readNodeModel(): Promise<NodeModel> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  // Without a name, as on arm64, these lines together say which processor it is.
  const named = /^model name\s*:\s*(.*)$/m.exec(text)?.[1];
  const parts = ['CPU implementer', 'CPU part', 'CPU variant'].map(
    (key) => new RegExp(`^${key}\\s*:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '',
  );
  const processor = named ?? parts.join(' ');
  return { arch: process.arch, processor, cpus: availableParallelism(), gpus: await gpuModels() };
}

/**
 * What each GPU is: NVIDIA's driver has their names, and others are known by the numbers of their devices.
 * @param root what stands before /proc and /sys
 */
export async function gpuModels(root = '/'): Promise<string[]> {
  const nvidia = join(root, 'proc/driver/nvidia/gpus');
  const drm = join(root, 'sys/class/drm');
  const list = (directory: string) => readdir(directory).catch(() => []);
  const read = (path: string) => readFile(path, 'utf8').catch(() => '');
  const [buses, nodes] = await Promise.all([list(nvidia), list(drm)]);
  const named = buses.map(async (bus) => {
    const text = await read(join(nvidia, bus, 'information'));
    return /^Model:\s*(.*)$/m.exec(text)?.[1] ?? '';
  });
  const numbered = nodes
    .filter((name) => /^renderD[0-9]+$/.test(name))
    .map(async (name) => {
      const ids = ['vendor', 'device'].map((id) => read(join(drm, name, 'device', id)));
      return (await Promise.all(ids)).map((id) => id.trim()).join(':');
    });
  return (await Promise.all([...named, ...numbered])).sort();
}
