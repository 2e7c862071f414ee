import { describe, expect, it } from 'vitest';
import { nodeMemory } from './node-memory.ts';

const machine = { '/proc/meminfo': 'MemTotal: 16000 kB\nMemAvailable:    8000 kB\n' };
const on = (files: Readonly<Record<string, string>>) =>
  nodeMemory((path) => ({ ...machine, ...files })[path]);

describe('the memory left on a node', () => {
  it("is the pod's limit minus its usage, with pages of idle files counted as free (cgroup v2)", () => {
    const node = on({
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/memory.max': '4096000\n',
      '/sys/fs/cgroup/memory.current': '3000000\n',
      '/sys/fs/cgroup/memory.stat': 'anon 5\ninactive_file 500000\nactive_file 9\n',
      '/sys/fs/cgroup/memory.events': 'low 0\noom 3\noom_kill 2\n',
    });
    expect(node.left()).toBe(1_596_000);
    expect(node.kills()).toBe(2);
    expect(node.limit()).toBe(4_096_000);
    expect(node.machine()).toBe(8_192_000);
  });

  it('is read from a cgroup of version 1, whose own path a container may not see', () => {
    const node = on({
      '/proc/self/cgroup': '5:cpu:/kubepods/x\n4:memory:/kubepods/x\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '4096000\n',
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': '96000\n',
      '/sys/fs/cgroup/memory/memory.stat': 'inactive_file 7\ntotal_inactive_file 0\n',
      '/sys/fs/cgroup/memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
    });
    expect(node.left()).toBe(4_000_007);
    expect(node.kills()).toBe(1);
  });

  it.each([
    ['no cgroups', {}],
    ['a cgroup without a limit', { '/sys/fs/cgroup/memory.max': 'max\n' }],
    [
      'a limit beyond any machine',
      { '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n' },
    ],
  ])("is the machine's if there is %s", (_what, files) => {
    expect(on(files).left()).toBe(8000 * 1024);
    expect(on(files).kills()).toBe(0);
  });

  it("is the machine's if that is less than what the limit leaves", () => {
    const node = on({
      '/sys/fs/cgroup/memory.max': '4096000000\n',
      '/sys/fs/cgroup/memory.current': '0\n',
    });
    expect(node.left()).toBe(8000 * 1024);
  });
});
