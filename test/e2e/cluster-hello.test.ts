import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from '#testing/cluster.ts';
import { eventually } from '#testing/eventually.ts';
import { HelloOnCluster } from '#testing/hello-on-cluster.ts';

/** What an administrator and a user do on a real cluster: real API server, real kubelet, real pods, real containers. */

const isRoot = process.getuid?.() === 0;
const image = 'glidein.dev/glidein:e2e';
let cluster: TestCluster;
let hello: HelloOnCluster;
let directory: string;

describe.skipIf(!isRoot)('on a real cluster (needs root: a node runs containers)', () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'glidein-cluster-'));
    cluster = await TestCluster.start(`hello-${process.pid}`, image);
    hello = await HelloOnCluster.install(cluster, image);
  });
  afterAll(async () => {
    await cluster?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test('20 jobs with an input file each: kubectl shows the pressure, all are done with the right output', async () => {
    await mkdir(join(directory, 'inputs'));
    for (let proc = 0; proc < 20; proc += 1)
      await writeFile(join(directory, 'inputs', `${proc}.txt`), `line of ${proc}\n`);
    const jobs = await hello.submit(
      `executable = /bin/sh
       arguments = "-c 'sleep 2; tr a-z A-Z < $(Process).txt > loud.txt'"
       container_image = hello
       transfer_input_files = inputs/$(Process).txt
       transfer_output_files = loud.txt
       request_memory = 128 MB
       request_disk = 50 MB
       queue 20`,
      directory,
    );
    // While it runs, one line of kubectl says what waits, what is wanted, what runs and why.
    const line = await eventually(async () => {
      const text = await hello.kubectl(['get', 'gg', 'hello']);
      expect(text).toMatch(/^NAME +DEMAND +WANTED +RUNNING/);
      expect(text).toMatch(/hello +[1-9]\d* +[1-9]/);
      return text;
    }, 60_000);
    expect(line).toMatch(/jobs? waits?/);
    await hello.completed(jobs, 20);
    expect((await hello.glidein(['fetch', String(jobs), '-d', join(directory, 'results')])).code).toBe(0);
    for (let proc = 0; proc < 20; proc += 1) {
      const text = await readFile(join(directory, 'results', `${jobs}.${proc}`, 'loud.txt'), 'utf8');
      expect(text).toBe(`LINE OF ${proc}\n`);
    }
    await eventually(async () => expect(await hello.pods()).toEqual([]), 90_000);
  });

  test('the pool’s pod is deleted with grace 0 while 10 jobs run: exactly 10 starts, 10 completions', async () => {
    // Each payload writes its own start to its standard output; every attempt's output would be another one.
    const jobs = await hello.submit(
      `executable = /bin/sh
       arguments = "-c 'echo started; sleep 15; echo done'"
       container_image = hello
       request_memory = 128 MB
       request_disk = 50 MB
       queue 10`,
    );
    await eventually(async () => {
      const running = (await hello.jobs(jobs)).filter(
        ({ attempts }) => attempts.at(-1)?.startedAt !== undefined,
      );
      expect(running).toHaveLength(10);
    }, 90_000);
    await hello.kubectl(['delete', 'pod', 'hello-pool-0', '--grace-period=0', '--force', '--wait=false']);
    const done = await hello.completed(jobs, 10);
    expect(done.flatMap(({ attempts }) => attempts)).toHaveLength(10);
    for (const { id } of done) expect((await hello.glidein(['logs', id])).out).toBe('started\ndone\n');
  });

  test('what is deleted is gone, and helm uninstall leaves what it says it leaves', async () => {
    await hello.kubectl(['delete', 'gg,pp,gpool', '--all', '--timeout=60s']);
    await eventually(async () => {
      const left = await hello.kubectl([
        'get',
        'pods,statefulsets,services,secrets,configmaps,pvc',
        '-o',
        'name',
      ]);
      const ours = left.split('\n').filter((name) => name !== '' && !name.endsWith('/kube-root-ca.crt'));
      expect(ours).toEqual([]);
    }, 60_000);
    await cluster.helm(['uninstall', 'glidein', '--namespace', 'glidein-system', '--wait']);
    const all = await cluster.kubectl([
      'get',
      'deployments,clusterroles,clusterrolebindings,validatingadmissionpolicies,roles,rolebindings,leases',
      '-A',
      '-o',
      'name',
    ]);
    expect(all.split('\n').filter((name) => name.includes('glidein'))).toEqual([]);
    await cluster.helm(['uninstall', 'glidein-crds', '--wait']);
    expect(await cluster.kubectl(['get', 'crd', '-o', 'name'])).not.toMatch(/glidein\.dev/);
  });
});
