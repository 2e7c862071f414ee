import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from '#testing/cluster.ts';
import { eventually } from '#testing/eventually.ts';
import { HelloOnCluster } from '#testing/hello-on-cluster.ts';

/** Jobs that take more than they asked for, in pods whose limits the kernel really enforces. */

const isRoot = process.getuid?.() === 0;
const image = 'glidein.dev/glidein:greedy';
let cluster: TestCluster;
let hello: HelloOnCluster;

/** A pod that ends when its processes use 384 MiB together. */
const group = {
  apiVersion: 'glidein.dev/v1alpha1',
  kind: 'GlideinGroup',
  metadata: { name: 'small', namespace: 'hello' },
  spec: {
    poolRef: { name: 'hello' },
    replicas: 1,
    pilot: {
      cpus: 2,
      memory: '256Mi',
      disk: '1Gi',
      attributes: { Kind: 'small' },
      lifetimes: { maxIdle: '5m', maxTail: '5m' },
    },
    template: { resources: { cpuRequest: '20m', overheadCpu: '10m', overheadMemory: '128Mi' } },
  },
};

const job = (script: string) => `
  executable = /bin/sh
  arguments = "-c '${script}'"
  container_image = hello
  requirements = Kind == "small"
  request_memory = 64 MB
  request_disk = 10 MB
  queue`;

describe.skipIf(!isRoot)('greedy jobs on a real cluster (needs root: a node runs containers)', () => {
  beforeAll(async () => {
    cluster = await TestCluster.start(`greedy-${process.pid}`, image);
    hello = await HelloOnCluster.install(cluster, image);
    await cluster.apply(group);
  });
  afterAll(async () => {
    await cluster?.stop();
  });

  test.each([
    ['/dev/shm', 'dd if=/dev/zero of=/dev/shm/x bs=1M count=600; sleep 60'],
    ['memory', 'dd if=/dev/zero of=/dev/null bs=600M count=100000'],
  ])(
    'a job that fills %s is held, the innocent job beside it starts once, and no pilot dies',
    async (_what, script) => {
      const innocent = await hello.submit(job('sleep 20; echo done'));
      await eventually(async () => {
        const [one] = await hello.jobs(innocent);
        expect(one?.attempts[0]?.startedAt).toBeDefined();
      }, 120_000);
      const greedy = await hello.submit(job(script));
      await eventually(async () => expect((await hello.jobs(greedy))[0]?.ad.JobStatus).toBe('5'), 60_000);
      const [held] = await hello.jobs(greedy);
      expect(held?.ad.HoldReasonCode).toBe('34');
      // On a busy machine, the kernel may kill before the pilot has seen what the job uses.
      expect(held?.ad.HoldReason).toMatch(
        /the job used [0-9]+ MiB of memory and asked for 64 MiB|the kernel killed the job when all 384 MiB .* it asked for 64 MiB/,
      );
      expect(held?.attempts, JSON.stringify(held?.attempts)).toHaveLength(1);
      const [finished] = await hello.completed(innocent, 1, 60_000);
      expect(finished?.attempts).toHaveLength(1);
      const small = (await hello.pods()).filter(({ name }) => name.startsWith('small-'));
      expect(small).toMatchObject([{ phase: 'Running' }]);
    },
  );
});
