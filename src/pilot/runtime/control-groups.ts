import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Reads a small file of the kernel; undefined if it cannot be read. */
export type ReadText = (path: string) => string | undefined;

export const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
};

/** Where files of a control group may lie, by the version of cgroups. */
export interface ControlGroups {
  readonly v2: readonly string[];
  readonly v1: readonly string[];
}

/** The directories of this process's own group, each followed by the root of what a container sees. */
export function controlGroups(controller: string, read: ReadText): ControlGroups {
  const own = read('/proc/self/cgroup') ?? '';
  return {
    v2: [join('/sys/fs/cgroup', unifiedGroup(own) ?? '/'), '/sys/fs/cgroup'],
    v1: [join('/sys/fs/cgroup', controller, groupOf(own, controller)), join('/sys/fs/cgroup', controller)],
  };
}

/**
 * The group of version 2 that a process is in; undefined: it is in none.
 * @param groups what `/proc/PID/cgroup` says
 */
export const unifiedGroup = (groups: string): string | undefined => /^0::(.*)$/m.exec(groups)?.[1];

/** The group of version 1 that a controller has for a process. */
export const groupOf = (groups: string, controller: string): string =>
  new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(.*)$`, 'm').exec(groups)?.[1] ?? '/';
