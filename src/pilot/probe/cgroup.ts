import { readFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { formatBytes } from '#base/quantity.ts';
import type { Finding } from '#wire/finding.ts';
import { groupOf, unifiedGroup } from '../runtime/control-groups.ts';

/** Where this process finds its control group's limits. */
export interface CgroupFiles {
  readonly version: 1 | 2;
  /** `cpu.max`, or the quota and the period of version 1, in that form. */
  readonly cpu: string | undefined;
  readonly memory: string | undefined;
}

const mount = '/sys/fs/cgroup';

/** Reads limits of the innermost group that this process sees. In a pod that is the container's own. */
export async function readCgroup(root = mount, own = '/proc/self/cgroup'): Promise<CgroupFiles | undefined> {
  const groups = await textOf(own);
  if (groups === undefined) return undefined;
  const unified = unifiedGroup(groups);
  if (unified !== undefined && (await textOf(join(root, 'cgroup.controllers'))) !== undefined) {
    const read = (file: string) => firstText([join(root, unified, file), join(root, file)]);
    return { version: 2, cpu: await read('cpu.max'), memory: await read('memory.max') };
  }
  const inGroup = (controller: string, file: string) => {
    const path = groupOf(groups, controller);
    return firstText([join(root, controller, path, file), join(root, controller, file)]);
  };
  const [quota, period, memory] = await Promise.all([
    inGroup('cpu', 'cpu.cfs_quota_us'),
    inGroup('cpu', 'cpu.cfs_period_us'),
    inGroup('memory', 'memory.limit_in_bytes'),
  ]);
  const cpu = quota === undefined || period === undefined ? undefined : `${quota} ${period}`;
  return { version: 1, cpu, memory };
}

/** Cores and memory with their limits. */
export const limitsFound = (cgroup: CgroupFiles | undefined): Finding[] => [
  coresFound(cgroup),
  memoryFound(cgroup),
];

const versionOf = (cgroup: CgroupFiles | undefined): string =>
  cgroup === undefined ? 'no control group' : `cgroup v${cgroup.version}`;

function coresFound(cgroup: CgroupFiles | undefined): Finding {
  const cores = coresOf(cgroup?.cpu);
  const quota = cores === undefined ? 'no quota' : `quota of ${cores}`;
  return {
    what: 'cores',
    attributes: {
      ...(cgroup && { GLIDEIN_CgroupVersion: cgroup.version }),
      ...(cores !== undefined && { GLIDEIN_CpuLimit: cores }),
    },
    verdict: 'good',
    evidence: `${availableParallelism()} usable; ${versionOf(cgroup)}: ${quota} (${cgroup?.cpu ?? 'not readable'})`,
  };
}

function memoryFound(cgroup: CgroupFiles | undefined): Finding {
  const memory = Number(cgroup?.memory);
  const limit = memory > 0 && memory < totalmem() ? formatBytes(memory) : 'no limit';
  return {
    what: 'memory',
    attributes: {},
    verdict: 'good',
    evidence: `${formatBytes(totalmem())} in the machine; ${versionOf(cgroup)}: ${limit} (${cgroup?.memory ?? 'not readable'})`,
  };
}

/** Cores of `QUOTA PERIOD`; undefined: no quota. */
function coresOf(text: string | undefined): number | undefined {
  const [quota, period] = (text ?? '').split(' ').map(Number);
  const cores = (quota ?? 0) / (period ?? 0);
  return cores > 0 && Number.isFinite(cores) ? Math.round(cores * 100) / 100 : undefined;
}

const textOf = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );

async function firstText(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const text = await textOf(path);
    if (text !== undefined) return text;
  }
  return undefined;
}
