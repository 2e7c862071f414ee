import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeBusyboxImage } from '../../hack/cluster/busybox-image.mjs';
import { markedProcesses } from '../../hack/cluster/processes.mjs';

const run = promisify(execFile);
const entry = join(import.meta.dirname, '../../hack/cluster.mjs');
const name = `test-${process.pid}`;
const state = join(process.env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'glidein/cluster', name);
const image = 'glidein.local/busybox:test';

const cluster = async (...args: string[]) =>
  (await run(process.execPath, [entry, '--name', name, ...args])).stdout;
const kubectl = (...args: string[]) => cluster('kubectl', ...args);

async function apply(...items: object[]): Promise<void> {
  const child = run(process.execPath, [entry, '--name', name, 'kubectl', 'apply', '-f', '-']);
  child.child.stdin?.end(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await child;
}

interface PodOptions {
  spec?: object;
  securityContext?: object;
  mounts?: object[];
}

/** A pod like a pilot's: no root, no capability, a read-only image. */
function pod(
  podName: string,
  script: string,
  { spec = {}, securityContext = {}, mounts = [] }: PodOptions = {},
) {
  const container = {
    name: 'main',
    image,
    command: ['sh', '-c', script],
    volumeMounts: mounts,
    securityContext: {
      runAsUser: 1000,
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
      ...securityContext,
    },
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: podName, labels: { app: podName } },
    spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, ...spec, containers: [container] },
  };
}

/** Waits for the end of a pod. @returns what it printed */
async function output(podName: string): Promise<string> {
  await kubectl('wait', `pod/${podName}`, '--for=jsonpath={.status.phase}=Succeeded', '--timeout=60s');
  return kubectl('logs', podName);
}

async function loadBusybox(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'glidein-image-'));
  try {
    const file = join(folder, 'busybox.tar');
    await writeBusyboxImage({ file, name: image });
    await cluster('load', file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Settings of the whole machine that a kubelet changes if it can. */
async function machineSettings(): Promise<string[]> {
  const files = ['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops', 'net/ipv4/ip_forward'];
  return Promise.all(files.map((file) => readFile(join('/proc/sys', file), 'utf8')));
}

const programOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0];

const isRoot = process.getuid?.() === 0;

const title = isRoot
  ? 'a whole node'
  : 'a whole node (skipped: making namespaces, mounts and control groups needs root)';

describe.runIf(isRoot)(title, () => {
  let before: string[];

  beforeAll(async () => {
    before = await machineSettings();
    await cluster('up');
    await loadBusybox();
  });

  afterAll(async () => {
    await cluster('down');
  });

  it('reports that it is up, and where', async () => {
    expect(await cluster('status')).toMatch(
      /up \(node.*\n.*v1\.36\.\d+ at https:\/\/127\.0\.0\.1:\d+\n.* Ready /,
    );
  });

  it('gives tier C to a pod with the default seccomp profile, which cannot make a user namespace', async () => {
    await apply(pod('tier-c', 'grep Seccomp: /proc/self/status; unshare -U true; echo ended $?'));
    expect(await output('tier-c')).toMatch(/Seccomp:\s+2\n[\s\S]*ended 1/);
  });

  it('gives tier B to a pod without the profile, which cannot mount its own /proc', async () => {
    const script = 'unshare -U true; echo made $?; unshare -rmpf mount -t proc proc /proc; echo mounted $?';
    await apply(pod('tier-b', script, { securityContext: { seccompProfile: { type: 'Unconfined' } } }));
    expect(await output('tier-b')).toMatch(/made 0\n[\s\S]*mounted 1/);
  });

  it('gives tier A to a pod in a user namespace with /proc unmasked, which can do both', async () => {
    const script = 'cat /proc/self/uid_map; unshare -rmpf mount -t proc proc /proc; echo mounted $?';
    const securityContext = { procMount: 'Unmasked', seccompProfile: { type: 'Unconfined' } };
    await apply(pod('tier-a', script, { spec: { hostUsers: false }, securityContext }));
    expect(await output('tier-a')).toMatch(/^\s*0\s+[1-9]\d+\s+65536\nmounted 0/);
  });

  it('finds a seccomp profile of the node by its name', async () => {
    await writeFile(join(state, 'kubelet/seccomp/allow.json'), '{"defaultAction":"SCMP_ACT_ALLOW"}');
    const seccompProfile = { type: 'Localhost', localhostProfile: 'allow.json' };
    await apply(pod('profile', 'unshare -U true; echo made $?', { securityContext: { seccompProfile } }));
    expect(await output('profile')).toContain('made 0');
  });

  it('resolves a Service by name from another pod and from itself, and exec works', async () => {
    const web = pod('web', 'echo hello >/tmp/index.html; exec httpd -f -p 8080 -h /tmp', {
      spec: { volumes: [{ name: 'tmp', emptyDir: {} }] },
      mounts: [{ name: 'tmp', mountPath: '/tmp' }],
    });
    const service = { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] };
    await apply(web, { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: service });
    await kubectl('wait', 'pod/web', '--for=condition=Ready', '--timeout=60s');
    const ask = 'until wget -T 2 -qO- http://web.default.svc.cluster.local; do sleep 0.2; done';
    await apply(pod('client', ask));
    expect(await output('client')).toBe('hello\n');
    expect(await kubectl('exec', 'web', '--', 'wget', '-T', '5', '-qO-', 'http://web.default')).toBe(
      'hello\n',
    );
  });

  it('binds a volume claim for one pod only, which belongs to the pod’s group, and removes it when it is deleted', async () => {
    const claim = { accessModes: ['ReadWriteOncePod'], resources: { requests: { storage: '1Gi' } } };
    await apply(
      { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' }, spec: claim },
      pod('writer', 'echo kept >/data/file && stat -c %u:%g /data/file', {
        spec: {
          securityContext: { fsGroup: 2000 },
          volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
        },
        mounts: [{ name: 'data', mountPath: '/data' }],
      }),
    );
    expect(await output('writer')).toBe('1000:2000\n');
    expect(await kubectl('get', 'pvc', 'data', '-o', 'jsonpath={.status.phase}')).toBe('Bound');
    const [folder] = globSync(join(state, 'volumes/pvc-*'));
    expect(await readFile(join(folder!, 'file'), 'utf8')).toBe('kept\n');
    await kubectl('delete', 'pod/writer', 'pvc/data');
    await expect.poll(() => existsSync(folder!), { timeout: 20_000 }).toBe(false);
  });

  it('restarts a program that was killed', async () => {
    const kubelet = markedProcesses(state).find((pid) => programOf(pid) === 'kubelet');
    process.kill(kubelet!, 'SIGKILL');
    await apply(pod('after', 'echo still here'));
    expect(await output('after')).toBe('still here\n');
  });

  it('leaves nothing after its first process is killed and `down` has run', async () => {
    const [first] = (await readFile(join(state, 'first-processes'), 'utf8')).split(' ');
    expect(markedProcesses(state).length).toBeGreaterThan(8);
    process.kill(Number(first), 'SIGKILL');
    await expect.poll(() => markedProcesses(state), { timeout: 10_000 }).toEqual([]);
    await cluster('down');
    expect(existsSync(state)).toBe(false);
    expect(globSync(`/sys/fs/cgroup/**/glidein-cluster-${name}`)).toEqual([]);
    expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(state);
    expect((await run('ip', ['link'])).stdout).not.toContain('node0');
    expect(await machineSettings()).toEqual(before);
    await cluster('down');
  });
});
