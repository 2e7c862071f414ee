import { expect, it } from 'vitest';
import { nodeProcesses } from './node-processes.ts';

/** What the kernel shows under these names; any other file is missing. */
const kernel = (files: Record<string, string>) => (path: string) => files[path];

it('the processes left to a pod are read from cgroups of version 2', () => {
  const node = nodeProcesses(
    kernel({
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/pids.max': '4096\n',
      '/sys/fs/cgroup/pids.current': '96\n',
    }),
  );
  expect([node.limit(), node.left()]).toEqual([4096, 4000]);
});

it('the processes left to a pod are read from cgroups of version 1, also where the path is the one outside', () => {
  const cgroup = '11:pids:/kubepods/pod1/c1\n4:memory:/kubepods/pod1/c1\n0::/kubepods/pod1/c1\n';
  for (const place of ['/sys/fs/cgroup/pids', '/sys/fs/cgroup/pids/kubepods/pod1/c1']) {
    const files = { [`${place}/pids.max`]: '1024\n', [`${place}/pids.current`]: '1000\n' };
    const node = nodeProcesses(kernel({ '/proc/self/cgroup': cgroup, ...files }));
    expect([node.limit(), node.left()]).toEqual([1024, 24]);
  }
});

it.each([
  ['version 2', { '/proc/self/cgroup': '0::/user.slice\n', '/sys/fs/cgroup/user.slice/pids.max': 'max\n' }],
  ['version 1', { '/proc/self/cgroup': '8:pids:/\n', '/sys/fs/cgroup/pids/pids.max': 'max\n' }],
  ['neither version', {}],
])('without a limit in cgroups of %s, any number of processes is left', (_version, files) => {
  const node = nodeProcesses(kernel(files));
  expect([node.limit(), node.left()]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
});

it('the number of processes of the machine is read', () => {
  expect(nodeProcesses(kernel({ '/proc/loadavg': '0.68 0.51 0.30 2/318 9954\n' })).ofMachine()).toBe(318);
  expect(nodeProcesses().ofMachine()).toBeGreaterThan(1);
});
