import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { NodeModel } from './result-cache.ts';

/** The model of this node: nodes of the same model give the same results. */
export async function readNodeModel(): Promise<NodeModel> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  // Without a name, as on arm64, these lines together say which processor it is.
  const named = /^model name\s*:\s*(.*)$/m.exec(text)?.[1];
  const parts = ['CPU implementer', 'CPU part', 'CPU variant'].map(
    (key) => new RegExp(`^${key}\\s*:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '',
  );
  return { arch: process.arch, processor: named ?? parts.join(' '), cpus: availableParallelism() };
}
