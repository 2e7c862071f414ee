import { join } from 'node:path';
import { controlGroups, type ReadText, readText } from '../../runtime/control-groups.ts';

/** How many processes and threads the pilot and its payloads may have together. */
export interface NodeProcesses {
  /** Infinite where there is no limit. */
  limit(): number;
  /** How many more there may be. */
  left(): number;
  /**
   * A number that changes as processes and threads of the whole machine come and go: cheap to read, and only good for
   * telling that nothing has happened.
   */
  ofMachine(): number;
}

/** Both versions of cgroups use the same names of files, in other places. */
export function nodeProcesses(read: ReadText = readText): NodeProcesses {
  const directory = limitedControl(read);
  const value = (name: string) =>
    directory === undefined ? Number.POSITIVE_INFINITY : Number(read(join(directory, name)) ?? Number.NaN);
  return {
    limit: () => value('pids.max'),
    left: () => {
      if (directory === undefined) return Number.POSITIVE_INFINITY;
      const left = value('pids.max') - value('pids.current');
      return Number.isNaN(left) ? Number.POSITIVE_INFINITY : left;
    },
    ofMachine: () => Number(/^\S+ \S+ \S+ \d+\/(\d+) /.exec(read('/proc/loadavg') ?? '')?.[1] ?? Number.NaN),
  };
}

/** The nearest cgroup with a limit: this process's own, or the root of what a container sees. */
function limitedControl(read: ReadText): string | undefined {
  const { v2, v1 } = controlGroups('pids', read);
  // Without a limit the file says `max`.
  return [...v2, ...v1].find((place) => Number(read(join(place, 'pids.max')) ?? Number.NaN) > 0);
}
