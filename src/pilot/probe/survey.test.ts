import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { account } from './account.ts';
import { limitsFound, readCgroup } from './cgroup.ts';
import { clockOffset } from './clock-offset.ts';
import { cvmfs } from './cvmfs.ts';
import { fuse, gpus } from './devices.ts';
import { RememberedNamespaces } from './namespaces.ts';
import { survey } from './survey.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-survey-'));
});
afterEach(() => rm(root, { recursive: true }));

async function files(content: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(content)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

it('a survey names everything once, with its evidence, and is remembered', async () => {
  const remembered = new RememberedNamespaces(root, systemClock);
  const first = await survey(root, remembered);
  expect(first.findings.map(({ what }) => what)).toEqual([
    'cores',
    'memory',
    'disk',
    'kernel',
    'open files',
    'user namespaces',
    'kernel overlay',
    'network namespaces',
    'FUSE',
    'GPUs',
    'CVMFS',
    'account',
  ]);
  expect(first.findings.every(({ evidence }) => evidence.length > 0)).toBe(true);
  expect((await survey(root, remembered)).findings.filter(({ what }) => / /.test(what))).toEqual(
    first.findings.filter(({ what }) => / /.test(what)),
  );
});

describe('limits of a control group are found', () => {
  it('in version 2, by the group of the process', async () => {
    await files({
      own: '0::/kubepods/pod1\n',
      'fs/cgroup.controllers': 'cpu memory',
      'fs/kubepods/pod1/cpu.max': '150000 100000\n',
      'fs/kubepods/pod1/memory.max': '1073741824\n',
    });
    const found = limitsFound(await readCgroup(join(root, 'fs'), join(root, 'own')));
    expect(found.map(({ evidence }) => evidence)).toEqual([
      expect.stringContaining('cgroup v2: quota of 1.5 (150000 100000)'),
      expect.stringContaining('cgroup v2: 1Gi (1073741824)'),
    ]);
    expect(found[0]?.attributes).toEqual({ GLIDEIN_CgroupVersion: 2, GLIDEIN_CpuLimit: 1.5 });
  });

  it('in version 1, also if the process sees only its own group', async () => {
    await files({
      own: '3:cpuacct,cpu:/kubepods/pod1\n2:memory:/kubepods/pod1\n',
      'fs/cpu/cpu.cfs_quota_us': '50000\n',
      'fs/cpu/cpu.cfs_period_us': '100000\n',
      'fs/memory/kubepods/pod1/memory.limit_in_bytes': '536870912\n',
    });
    const found = limitsFound(await readCgroup(join(root, 'fs'), join(root, 'own')));
    expect(found[0]?.attributes).toEqual({ GLIDEIN_CgroupVersion: 1, GLIDEIN_CpuLimit: 0.5 });
    expect(found[1]?.evidence).toContain('cgroup v1: 512Mi');
  });
});

it('FUSE is there if its device can be opened', async () => {
  await files({ fuse: '' });
  expect((await fuse(join(root, 'fuse'))).attributes).toEqual({ HasFuse: true });
  const found = await fuse(join(root, 'missing'));
  expect(found).toMatchObject({ attributes: { HasFuse: false }, verdict: 'missing' });
  expect(found.evidence).toContain('ENOENT');
  expect(found.cure).toContain('device plug-in');
});

it('GPUs are counted by their devices, and the driver of NVIDIA is named', async () => {
  await files({
    version: 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar 5\n',
  });
  const list = async (path: string) => (path === '/dev' ? ['nvidia0', 'nvidia1', 'nvidiactl'] : []);
  expect((await gpus(list, join(root, 'version'))).attributes).toEqual({
    GLIDEIN_GPUDevices: 2,
    GLIDEIN_NvidiaDriver: '550.54.15',
  });
  expect((await gpus(async () => [], join(root, 'missing'))).attributes).toEqual({ GLIDEIN_GPUDevices: 0 });
});

it('CVMFS repositories are those that can be listed', async () => {
  await files({ 'cvmfs/cms.cern.ch/README': '', 'cvmfs/unpacked.cern.ch': 'a file cannot be listed' });
  await mkdir(join(root, 'empty'));
  const found = await cvmfs(join(root, 'cvmfs'));
  expect(found.attributes).toEqual({ HasCVMFS: true, HAS_CVMFS_cms_cern_ch: true });
  expect(found).toMatchObject({ verdict: 'bad', evidence: expect.stringContaining('unpacked.cern.ch: ') });
  expect((await cvmfs(join(root, 'empty'))).evidence).toContain('shows no repository');
  expect((await cvmfs(join(root, 'missing'))).attributes).toEqual({ HasCVMFS: false });
});

it('a user who is missing from /etc/passwd is named with the line to add', async () => {
  await files({ passwd: 'root:x:0:0::/root:/bin/sh\n' });
  expect(await account(0, join(root, 'passwd'))).toMatchObject({ verdict: 'good' });
  const found = await account(1000, join(root, 'passwd'));
  expect(found).toMatchObject({ verdict: 'bad', evidence: expect.stringContaining('has no user 1000') });
  expect(found.cure).toContain('echo glidein:x:1000:1000');
});

it('the clock is compared with the Date of the pool’s answer', async () => {
  const now = Date.parse('2026-11-01T00:01:00.500Z');
  const clock = { ...systemClock, wall: () => now };
  const answering = (date: string | undefined) => ({
    raw: async () => ({ headers: { date }, body: { dump: async () => undefined } }) as never,
  });
  const offset = (date?: string) => clockOffset(answering(date), clock, new AbortController().signal);
  expect(await offset('Sun, 01 Nov 2026 00:01:00 GMT')).toMatchObject({
    attributes: { GLIDEIN_ClockOffset: 0 },
    verdict: 'good',
  });
  expect(await offset('Sun, 01 Nov 2026 00:02:00 GMT')).toMatchObject({
    attributes: { GLIDEIN_ClockOffset: -60 },
    verdict: 'bad',
  });
  expect(await offset()).toBeUndefined();
});
