import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Alarms } from '#testing/alarms.ts';
import { TestCluster } from '#testing/cluster.ts';
import { type ClusterCollector, startCollector } from '#testing/cluster-collector.ts';
import { ClusterPrometheus, scrapeSeconds } from '#testing/cluster-prometheus.ts';
import { ClusterRegistry } from '#testing/cluster-registry.ts';
import { documentBlocks } from '#testing/documents/documents.ts';
import { blocksIn, type Place } from '#testing/documents/mark.ts';
import { Reader } from '#testing/documents/reader.ts';
import { eventually } from '#testing/eventually.ts';
import { HelloOnCluster } from '#testing/hello-on-cluster.ts';
import { writeLayout } from '#testing/image-layout.ts';
import { notShown } from '#testing/live-dashboards.ts';
import { otlpReceiver } from '#testing/otlp-receiver.ts';
import { testRuntime } from '#testing/pilot-process.ts';
import { quickAlerts } from '#testing/quick-alerts.ts';
import { StartReports } from '#testing/start-reports.ts';
import { dashboards } from '../../hack/dashboards/dashboards.ts';
import { recordFile, recordRun } from '../../hack/pictures/run-record.ts';

/** What an administrator and a user do on a real cluster: real API server, real kubelet, real pods, real containers. */

const isRoot = process.getuid?.() === 0;
/** As docs/install.md names it. */
const image = 'registry.example.org/glidein:0.1.0';
let cluster: TestCluster;
/** Undefined: this machine has no receiver. */
let collector: ClusterCollector | undefined;
let hello: HelloOnCluster;
/** Who types the commands of the documents. */
let reader: Reader;
let directory: string;
/** A job that outlives its pilot. */
let longer: number;
let registry: ClusterRegistry;
/** Watches the whole run, if there is one on this machine. */
let prometheus: ClusterPrometheus | undefined;
let alarms: Alarms;
let began: number;
/** Pods of the first test, which end with it and must all be gone a minute later. */
let first: Awaited<ReturnType<HelloOnCluster['pods']>>;

/** Does what all documents say that happens in one place. */
async function followDocuments(place: Place): Promise<void> {
  const blocks = blocksIn([...documentBlocks().values()].flat(), [place]);
  expect(blocks).not.toEqual([]);
  for (const block of blocks) await reader.follow(block);
}

/** Images that the kubelet mounts: all of the pilots' own, and the one that lies in it. */
const mountedImages = [
  { name: 'whole', reference: image },
  { name: 'part', reference: image, subPath: 'opt/glidein/images/hello' },
];

/** A group with one pilot of a declared isolation. */
const tierGroup = (name: string, isolation: string) => ({
  apiVersion: 'glidein.dev/v1alpha1',
  kind: 'GlideinGroup',
  metadata: { name, namespace: 'hello' },
  spec: {
    poolRef: { name: 'hello' },
    replicas: 1,
    isolation,
    pilot: {
      cpus: 4,
      memory: '1Gi',
      attributes: { Kind: name },
      lifetimes: { maxIdle: '5m' },
      runtime: { images: { volumes: mountedImages } },
    },
    template: { resources: { cpuRequest: '100m' } },
  },
});

/** A group whose pilot has services, and is gone 75 seconds after its pod was made. */
const servedGroup = () => {
  const { spec, ...rest } = tierGroup('served', 'Shared');
  const sh = (script: string) => ({ image: 'hello', command: ['/bin/sh', '-c', script] });
  return {
    ...rest,
    spec: {
      ...spec,
      pilot: {
        ...spec.pilot,
        lifetimes: { maxWalltime: '75s', retireAfter: '40s', grace: '2s' },
        services: [
          {
            name: 'bench',
            ...sh('echo score 42'),
            phase: 'BeforePayloads',
            results: [{ attribute: 'Bench', pattern: '^score (.*)' }],
          },
          {
            name: 'web',
            ...sh('echo hello >index.html; exec httpd -f -p 127.0.0.1:{{port.http}} -h /srv'),
            ports: [{ name: 'http' }],
            readiness: { http: { port: 'http', path: '/' } },
            discovery: { env: { WEB_URL: 'http://127.0.0.1:{{port.http}}/' } },
            required: true,
            resources: { cpus: 1 },
          },
        ],
      },
    },
  };
};

const registryProgram = process.env.GLIDEIN_TEST_REGISTRY;
const prometheusProgram = process.env.GLIDEIN_TEST_PROMETHEUS;

/** @returns undefined if there is no Prometheus on this machine */
async function startPrometheus(): Promise<ClusterPrometheus | undefined> {
  if (prometheusProgram === undefined) return undefined;
  const rules = await readFile(join(import.meta.dirname, '../../charts/glidein/files/alerts.yaml'), 'utf8');
  return ClusterPrometheus.start(cluster, image, prometheusProgram, quickAlerts(rules));
}

/** Writes an image with a shell and a word. @returns its layout and digest */
async function toolImage(word: string): Promise<{ layout: string; digest: string }> {
  const busybox = await readFile(join(testRuntime.images, 'hello/bin/busybox'));
  const applets = ['sh', 'cat', 'sleep', 'wget'].map(
    (name) => [`bin/${name}`, { type: 'symlink', linkname: 'busybox' }] as const,
  );
  const layout = join(directory, `image-${word}`);
  const digest = await writeLayout(layout, [
    [['bin/busybox', { mode: 0o755, content: busybox }], ...applets],
    [['etc/word', `${word}\n`]],
  ]);
  return { layout, digest };
}

/** An image in which nothing can be run. */
async function brokenImage(): Promise<{ layout: string }> {
  const layout = join(directory, 'image-broken');
  await writeLayout(layout, [[['etc/word', 'no shell\n']]]);
  return { layout };
}

/** Pilots that find published images in a claim. */
function groupWithImages() {
  const group = tierGroup('tools', 'UserNamespace');
  const runtime = { images: { path: ['/images', '/opt/glidein/images'] } };
  const volumes = [{ name: 'images', persistentVolumeClaim: { claimName: 'images' } }];
  const volumeMounts = [{ name: 'images', mountPath: '/images', readOnly: true }];
  return {
    ...group,
    spec: {
      ...group.spec,
      pilot: { ...group.spec.pilot, runtime },
      template: { ...group.spec.template, spec: { volumes, volumeMounts } },
    },
  };
}

interface PublishedImages {
  readonly status?: {
    readonly images?: readonly {
      readonly reference: string;
      readonly digest?: string;
      readonly failure?: { readonly reason: string };
    }[];
  };
}

describe.skipIf(!isRoot)('on a real cluster (needs root: a node runs containers)', () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'glidein-cluster-'));
    cluster = await TestCluster.start(`hello-${process.pid}`, image);
    reader = await Reader.start(cluster.env);
    await followDocuments('cluster, first');
    hello = HelloOnCluster.of(cluster);
    prometheus = await startPrometheus();
    alarms = new Alarms(prometheus?.api);
    await prometheus?.scrapes(['glidein-operator', 'glidein-operator-pools']);
    began = Date.now() / 1000;
    const { program } = otlpReceiver;
    collector = program === undefined ? undefined : await startCollector(cluster, image, program);
  });
  afterAll(async () => {
    await prometheus?.stop();
    await reader?.stop();
    await cluster?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test('the commands of the documents work in a cluster, and print what these say', async () => {
    await followDocuments('cluster');
    await hello.kubectl(['delete', '-f', join(import.meta.dirname, '../../examples/image-set')]);
  });

  test('20 jobs with an input file each complete with the right output, and kubectl shows the pressure', async () => {
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
    // While they run, one line of kubectl says what waits, what is wanted, what runs, and why.
    const line = await eventually(async () => {
      const text = await hello.kubectl(['get', 'gg', 'hello', '-o', 'wide']);
      expect(text).toMatch(/^NAME +READY +DEMAND +WANTED +RUNNING/);
      expect(text).toMatch(/hello +True +[1-9]\d* +[1-9]/);
      return text;
    }, 60_000);
    expect(line).toMatch(/jobs? waits?/);
    await hello.completed(jobs, 20);
    expect((await hello.glidein(['fetch', String(jobs), '-d', join(directory, 'results')])).code).toBe(0);
    for (let proc = 0; proc < 20; proc += 1) {
      const text = await readFile(join(directory, 'results', `${jobs}.${proc}`, 'loud.txt'), 'utf8');
      expect(text).toBe(`LINE OF ${proc}\n`);
    }
    // Back to zero: nothing runs any more. Pods that have ended stay for a minute, so that their logs can be read.
    await eventually(async () => {
      first = await hello.pods();
      expect(first.filter(({ phase }) => phase === 'Pending' || phase === 'Running')).toEqual([]);
      expect(await hello.kubectl(['get', 'gg', 'hello'])).toMatch(/hello +True +0 +0 +0/);
    }, 60_000);
  });

  test('10 jobs start and complete exactly once although the pool’s pod is deleted with grace 0', async () => {
    const counter = await StartReports.start(cluster, image);
    const jobs = await hello.submit(
      `executable = /bin/sh
       arguments = "-c '${counter.report('$(Process)')}; sleep 15; echo done'"
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
    const unknown = await alarms.of('GlideinDemandUnknown', { group: 'hello' });
    await hello.kubectl(['delete', 'pod', 'hello-pool-0', '--grace-period=0', '--force', '--wait=false']);
    await unknown();
    const done = await hello.completed(jobs, 10);
    expect(done.flatMap(({ attempts }) => attempts)).toHaveLength(10);
    expect((await counter.starts()).sort()).toEqual(Array.from({ length: 10 }, (_, proc) => `${proc}`));
  });

  test('services run in the pod of a pilot: a job finds them, the slot says what they have found out, and glidein status lists them', async () => {
    await cluster.apply(servedGroup());
    const job = (script: string, score = 42) => `
      executable = /bin/sh
      arguments = "-c '${script}'"
      container_image = hello
      requirements = TARGET.HasService_web && TARGET.Bench == ${score}
      request_disk = 10 MB
      queue`;
    const unrunnable = await alarms.of('GlideinJobsUnrunnable', { policy: 'hello' });
    const nowhere = await hello.submit(job('true', 43));
    longer = await hello.submit(job('sleep 600'));
    // There is no such program in the image, so it is held.
    await hello.submit(
      'executable = /bin/nothing\ntransfer_executable = false\ncontainer_image = hello\nrequirements = TARGET.HasService_web\nqueue',
    );
    const asks = await hello.submit(job('wget -qO- $WEB_URL'));
    await hello.completed(asks, 1);
    await eventually(async () => expect((await hello.glidein(['logs', `${asks}.0`])).out).toBe('hello\n'));
    const { out } = await hello.glidein(['status', '--services', '-o', 'json']);
    expect(JSON.parse(out)).toMatchObject([
      { service: 'bench', phase: 'Completed', restarts: 0 },
      { service: 'web', phase: 'Ready', restarts: 0 },
    ]);
    await unrunnable();
    await hello.glidein(['rm', String(nowhere)]);
  });

  test('the chart puts its seccomp profile on every node, and pilots use it from then on', async () => {
    const values = ['seccompProfile.install=true', `seccompProfile.directory=${cluster.seccompFolder}`];
    // From here on everything is traced, too: another upgrade would take its time.
    if (collector !== undefined) values.push(`tracing.endpoint=${collector.endpoint}`);
    await hello.upgrade(values.flatMap((value) => ['--set', value]));
    if (collector !== undefined) await poolMakesSpans();
    const installed = await readFile(join(cluster.seccompFolder, 'glidein-pilot.json'), 'utf8');
    const shipped = join(import.meta.dirname, '../../charts/glidein/files/glidein-pilot.json');
    expect(JSON.parse(installed)).toEqual(JSON.parse(await readFile(shipped, 'utf8')));
  });

  test.each([
    ['tier-a', 'UserNamespace', 'A', 10],
    ['tier-b', 'Shared', 'B', 1000],
  ])(
    'a %s pod (isolation %s) runs 50 payloads, also in images that the kubelet mounts, and the pilot itself has found its tier',
    async (name, isolation, tier, mostProcesses) => {
      await cluster.apply(tierGroup(name, isolation));
      const jobs = await hello.submit(
        `executable = /bin/sh
       arguments = "-c 'ls /proc | grep -c ^[0-9]; id -u; grep Seccomp: /proc/self/status; cat /proc/*/root/var/run/secrets/glidein/token | wc -c'"
       container_image = hello
       requirements = TARGET.Kind == "${name}"
       request_disk = 10 MB
       queue 50`,
      );
      const done = await hello.completed(jobs, 50);
      expect(done.every(({ attempts }) => attempts[0]?.group === name)).toBe(true);
      const { out } = await hello.glidein(['logs', `${jobs}.0`]);
      const [processes, user, seccomp, token] = out.trim().split('\n');
      expect(Number(processes)).toBeLessThan(mostProcesses);
      expect(user).toBe('1000');
      expect(seccomp).toMatch(/Seccomp:\s+2$/);
      // The pilot's token: Apptainer's own processes see it, and in tier B the payload sees these.
      expect(token).toBe('0');
      const status = JSON.parse((await hello.glidein(['status', '-o', 'json'])).out) as {
        pilots: { group: string; slot: Record<string, string> }[];
      };
      expect(status.pilots.find(({ group }) => group === name)?.slot).toMatchObject({
        GLIDEIN_RuntimeTier: `"${tier}"`,
        HasUserNamespaces: 'true',
      });
      expect(await kindsOfRoots(name)).toEqual(['whole', 'part', 'whole']);
      await hello.kubectl(['delete', 'gg', name]);
    },
  );

  /** Waits for the pool that gets its place when its environment has changed. */
  const poolMakesSpans = () =>
    eventually(async () => {
      const pod = JSON.stringify(await cluster.json(['--namespace', 'hello', 'get', 'pod/hello-pool-0']));
      expect(pod).toContain('OTEL_EXPORTER_OTLP_ENDPOINT');
      expect(pod).toMatch(/\{[^{}]*"status":"True"[^{}]*"type":"Ready"[^{}]*\}/);
    }, 60_000);

  test.skipIf(otlpReceiver.program === undefined)(
    `from each payload, traces lead to the start of its pilot and to its pod${otlpReceiver.program ? '' : ` (${otlpReceiver.absence})`}`,
    async () => {
      await eventually(async () => {
        const spans = (await collector?.spans()) ?? [];
        const byId = new Map(spans.map((span) => [span.spanId, span]));
        const payloads = spans.filter(({ name }) => name === 'payload');
        expect(payloads.length).toBeGreaterThanOrEqual(100);
        for (const { traceId, parentSpanId, links } of payloads) {
          expect(byId.get(parentSpanId)).toMatchObject({
            service: 'glidein-pool',
            name: 'execution',
            traceId,
          });
          const start = byId.get(links[0]?.spanId ?? '');
          expect(start).toMatchObject({ service: 'glidein-pilot', name: 'pilot start' });
          const pod = byId.get(start?.parentSpanId ?? '');
          expect(pod).toMatchObject({ service: 'glidein-operator', name: 'pod', traceId: start?.traceId });
          const below = spans.filter((span) => span.parentSpanId === pod?.spanId);
          expect(below.map(({ name }) => name)).toEqual(
            expect.arrayContaining(['schedule', 'prepare volumes and network', 'pull image and start']),
          );
        }
      }, 60_000);
    },
  );

  /** Whether jobs that name a mounted image see all of it, or the part of it that was to be mounted. */
  async function kindsOfRoots(group: string): Promise<string[]> {
    const jobs = await hello.submit(
      `executable = /bin/sh
       arguments = "-c 'test -e /opt/glidein/dist && echo whole || echo part'"
       container_image = $(mounted)
       requirements = TARGET.Kind == "${group}"
       request_disk = 10 MB
       queue mounted in (whole, part, docker://${image})`,
    );
    await hello.completed(jobs, 3);
    const logs = await Promise.all([0, 1, 2].map((proc) => hello.glidein(['logs', `${jobs}.${proc}`])));
    return logs.map(({ out }) => out.trim());
  }

  describe.skipIf(registryProgram === undefined)(
    `images of a registry ${process.env.GLIDEIN_TEST_NO_REGISTRY ?? ''}`,
    () => {
      const published = async (tag: string) => {
        const { status } = await cluster.json<PublishedImages>(['--namespace', 'hello', 'get', 'gis/tools']);
        return status?.images?.find(({ reference }) => reference.endsWith(tag));
      };
      const leadsTo = (tag: string, digest: string) =>
        eventually(async () => expect(await published(tag)).toMatchObject({ digest }), 120_000);

      beforeAll(async () => {
        registry = await ClusterRegistry.start(cluster, image, registryProgram ?? '');
      });
      afterAll(() => registry?.stop());

      test('payloads keep the image of their tag when it moves, new ones get the new image, and one that fails its smoke test gets no name', async () => {
        const [one, two, broken] = await Promise.all([toolImage('one'), toolImage('two'), brokenImage()]);
        await registry.push(one.layout, 'org/tool:1');
        await registry.push(one.layout, 'org/tool:keep');
        await registry.push(broken.layout, 'org/tool:broken');
        await cluster.apply(
          {
            apiVersion: 'v1',
            kind: 'PersistentVolumeClaim',
            metadata: { name: 'images', namespace: 'hello' },
            spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } },
          },
          {
            apiVersion: 'glidein.dev/v1alpha1',
            kind: 'ImageSet',
            metadata: { name: 'tools', namespace: 'hello' },
            spec: {
              images: [{ reference: `${registry.host}/org/tool:*` }],
              mirrors: [{ registry: registry.host, endpoints: [`http://${registry.host}`] }],
              directory: { claimName: 'images' },
              schedule: { every: '1s' },
              smokeTest: {},
              retention: { unlistedFor: '1s', grace: '30s' },
              publisher: { resources: { cpu: '100m', memory: '512Mi' } },
            },
          },
          groupWithImages(),
        );
        await leadsTo(':1', one.digest);
        const job = (script: string) =>
          hello.submit(
            `executable = /bin/sh
             transfer_executable = false
             arguments = "-c '${script}'"
             container_image = docker://${registry.host}/org/tool:1
             requirements = TARGET.Kind == "tools"
             request_memory = 64 MB
             request_disk = 10 MB
             queue 1`,
          );
        // It ends when somebody pushes the image that it waits for.
        const end = `until wget -q -O /dev/null http://${registry.address}/v2/org/end/tags/list; do sleep 0.2; done`;
        const old = await job(`cat /etc/word; ${end}; cat /etc/word`);
        await eventually(
          async () => expect((await hello.glidein(['logs', `${old}.0`])).out).toBe('one\n'),
          60_000,
        );
        await registry.push(two.layout, 'org/tool:1');
        await leadsTo(':1', two.digest);
        const fresh = await job('cat /etc/word');
        await hello.completed(fresh, 1);
        expect((await hello.glidein(['logs', `${fresh}.0`])).out).toBe('two\n');
        await registry.push(two.layout, 'org/end:1');
        await hello.completed(old, 1);
        expect((await hello.glidein(['logs', `${old}.0`])).out).toBe('one\none\n');
        expect(await published(':broken')).toMatchObject({
          failure: { reason: expect.stringContaining('trial') },
        });
        expect(await published(':broken')).not.toHaveProperty('digest');
        // The tag goes, and so do the pilots that have its image at hand.
        await registry.delete('org/tool', two.digest);
        await hello.kubectl(['delete', 'gg', 'tools']);
      });
    },
  );

  test('a pilot leaves when its pod is annotated with the end of its node, and does not come where a validation fails', async () => {
    const noticed = tierGroup('noticed', 'Shared');
    const command = ['/bin/sh', '-c', 'echo no scratch disk >&2; exit 3'];
    const judged = tierGroup('judged', 'Shared');
    await cluster.apply(noticed, {
      ...judged,
      spec: { ...judged.spec, pilot: { ...judged.spec.pilot, validation: [{ name: 'scratch', command }] } },
    });
    const { metadata } = await eventually(async () => {
      const { items } = await cluster.json<{
        items: { metadata: { name: string }; status: { phase: string } }[];
      }>(['--namespace', 'hello', 'get', 'pods', '-l', 'glidein.dev/group=noticed']);
      return items.find(({ status }) => status.phase === 'Running') ?? Promise.reject(new Error('none runs'));
    }, 60_000);
    const end = new Date(Date.now() + 600_000).toISOString();
    await hello.kubectl(['annotate', 'pod', metadata.name, `glidein.dev/end-by=${end}`]);
    await eventually(async () => {
      expect(await hello.kubectl(['logs', metadata.name])).toMatch(
        /"reason":"notice was given that its node goes away at [^"]+".*pilot has left/,
      );
    }, 90_000);
    // The group's status has the last words of the script.
    await eventually(async () => {
      expect(JSON.stringify(await hello.conditions('gg/judged', 'Healthy'))).toContain(
        'the validation scratch has failed on this node: it ended with 3: no scratch disk',
      );
    }, 60_000);
    await hello.kubectl(['delete', 'gg', 'noticed', 'judged']);
  });

  test('glidein doctor --cluster says of each kind of nodes what pilots would find there, and leaves no pod', async () => {
    await cluster.seccompProfile('no-unshare.json', {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['unshare', 'setns'], action: 'SCMP_ACT_ERRNO' }],
    });
    const doctor = async (profile: string) => {
      const flags = ['--namespace', 'hello', '--image', image, '--seccomp-profile', profile, '-o', 'json'];
      const { code, out, err } = await cluster.glidein(['doctor', '--cluster', ...flags]);
      const [kind] = JSON.parse(out) as {
        nodes: number;
        trials: { isolation: string; findings: { what: string; evidence: string; cure?: string }[] }[];
      }[];
      const runtimes = kind?.trials.map(({ findings }) => findings.find(({ what }) => what === 'Apptainer'));
      return { code, err, nodes: kind?.nodes, runtimes };
    };
    expect(await doctor('glidein-pilot.json')).toMatchObject({
      code: 0,
      nodes: 1,
      runtimes: [
        { evidence: expect.stringMatching(/tier A$/) },
        { evidence: expect.stringMatching(/tier B$/), cure: expect.stringContaining('procMount: Unmasked') },
      ],
    });
    expect(await doctor('no-unshare.json')).toMatchObject({
      code: 9,
      err: expect.stringContaining('nodes of 1 kind cannot run payloads'),
      runtimes: [
        { cure: expect.stringContaining('seccompProfile.install=true') },
        { cure: expect.stringContaining('seccompProfile.install=true') },
      ],
    });
    expect(await hello.kubectl(['get', 'pods', '-o', 'name'])).not.toContain('doctor');
  });

  test('a pilot in a tier C pod does not start, and the group’s status says why and what to change', async () => {
    await cluster.seccompProfile('no-namespaces.json', {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['unshare', 'setns'], action: 'SCMP_ACT_ERRNO' }],
    });
    await hello.upgrade(['--set', 'pilotSeccompProfile=no-namespaces.json']);
    const alerts = await Promise.all([
      alarms.of('GlideinBreakerOpen', { group: 'tier-c' }),
      alarms.of('GlideinGroupNotReady', { group: 'tier-any' }),
    ]);
    const tierC = tierGroup('tier-c', 'Shared');
    await cluster.apply(
      { ...tierC, spec: { ...tierC.spec, breaker: { failures: 1 } } },
      tierGroup('tier-any', 'Auto'),
    );
    await eventually(async () => {
      const conditions = JSON.stringify([
        ...(await hello.conditions('gg/tier-c', 'Healthy')),
        ...(await hello.conditions('gg/tier-c', 'Ready')),
      ]);
      expect(conditions).toMatch(/user namespace/);
      expect(conditions).toMatch(/seccomp/);
    }, 90_000);
    await eventually(async () => {
      const [ready] = await hello.conditions('gg/tier-any', 'Ready');
      expect(ready).toMatchObject({ status: 'False', reason: 'NoIsolationWorks' });
      expect(ready?.message).toMatch(/user namespace/);
    }, 90_000);
    for (const fires of alerts) await fires();
    await hello.kubectl(['delete', 'gg', 'tier-c', 'tier-any']);
    await hello.upgrade(['--set', 'pilotSeccompProfile=']);
  });

  test('a pilot has stopped its job, said why and left before its pod was as old as its group allows', async () => {
    await eventually(async () => {
      const [job] = await hello.jobs(longer);
      expect(job?.attempts[0]?.reason).toMatch(/^the pilot leaves: end of life: .* pilots live for 58s/);
    }, 90_000);
    // The cluster did not have to end the pod.
    expect(JSON.stringify(await hello.conditions('gg/served', 'Healthy'))).not.toContain('DeadlineExceeded');
    // It would wait for ever without this group.
    await hello.glidein(['rm', String(longer)]);
    await hello.kubectl(['delete', 'gg', 'served']);
  });

  test.skipIf(registryProgram === undefined)(
    'the image of a deleted tag is gone when no pilot has it at hand any more, and others stay',
    async () => {
      const list = [
        'exec',
        'tools-images-0',
        '--',
        'sh',
        '-c',
        'cd /var/lib/glidein/images; ls -d .images/sha256/*/*; find . -type l -not -path "./.images/*"',
      ];
      const one = (await toolImage('one')).digest.slice('sha256:'.length);
      await eventually(async () => {
        const lines = (await hello.kubectl(list))
          .trim()
          .split('\n')
          .filter((line) => !/\.(json|gz)$/.test(line));
        expect(lines.sort()).toEqual([
          `./${registry.host}/org/tool:keep`,
          `.images/sha256/${one.slice(0, 2)}/${one}`,
        ]);
      }, 150_000);
      await hello.kubectl(['delete', 'gis/tools', 'pvc/images', '--timeout=60s']);
    },
  );

  test('pods that have ended are removed after a minute', async () => {
    await eventually(async () => {
      const names = (await hello.pods()).map(({ name }) => name);
      expect(first.filter(({ name }) => names.includes(name))).toEqual([]);
    }, 90_000);
  });

  describe.skipIf(prometheusProgram === undefined)(
    `a Prometheus that has watched all this ${process.env.GLIDEIN_TEST_NO_PROMETHEUS ?? ''}`,
    () => {
      test('an alert fires while no operator runs, and another while jobs wait and nobody starts a pilot', async () => {
        // A job that an earlier test has left behind would set the second one off.
        const { out } = await hello.glidein(['top', '--once', '-o', 'json']);
        expect(JSON.parse(out)).toMatchObject({ jobs: { Idle: 0 } });
        const alerts = [await alarms.of('GlideinNoLeader'), await alarms.of('GlideinJobsWaitForPilots')];
        const scale = (replicas: number) =>
          cluster.kubectl([
            '--namespace',
            'glidein-system',
            'scale',
            'deployment/glidein-operator',
            `--replicas=${replicas}`,
          ]);
        await scale(0);
        const waits = await hello.submit(
          'executable = /bin/true\ntransfer_executable = false\ncontainer_image = hello\nqueue',
        );
        for (const fires of alerts) await fires();
        await hello.glidein(['rm', String(waits)]);
        await scale(1);
        expect(alarms.rung.length).toBeGreaterThanOrEqual(5);
      });

      test('every query of every dashboard has shown something, and every rule can be evaluated', async () => {
        const api = prometheus?.api ?? expect.unreachable('it was started');
        const span = { start: began, end: Date.now() / 1000, step: 2 };
        await writeFile(
          recordFile,
          JSON.stringify(await recordRun(api, dashboards(), span, 2 * scrapeSeconds)),
        );
        expect(await notShown(api, dashboards(), span, scrapeSeconds)).toEqual([]);
        expect(await api.brokenRules()).toEqual([]);
      });
    },
  );

  test('what docs/install.md says to uninstall leaves only what it says it leaves', async () => {
    await followDocuments('cluster, last');
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
    const all = await cluster.kubectl([
      'get',
      'deployments,clusterroles,clusterrolebindings,validatingadmissionpolicies,roles,rolebindings,leases',
      '-A',
      '-o',
      'name',
    ]);
    // Leases of the operator and of namespaces stay, as docs/install.md says; roles named dns are the test cluster's own.
    const left = all.split('\n').filter((name) => /glidein(?!:dns)/.test(name));
    expect(new Set(left)).toEqual(
      new Set(['lease.coordination.k8s.io/glidein-namespace', 'lease.coordination.k8s.io/glidein-operator']),
    );
    const definitions = (await cluster.kubectl(['get', 'crd', '-o', 'name'])).match(
      /[a-z]+\.glidein\.dev$/gm,
    );
    expect(definitions).toHaveLength(4);
  });
});
