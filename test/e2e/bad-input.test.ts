import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinUp } from '#testing/glidein-up.ts';
import { siteManifests } from '#testing/manifests.ts';

const group = (name: string, spec: string) => `apiVersion: glidein.dev/v1alpha1
kind: GlideinGroup
metadata:
  name: ${name}
spec:
  pressurePolicyRef:
    name: test
${spec}`;

const bad = {
  'no-pool.yaml': group('no-pool', '  poolRef:\n    name: tset\n  pilot:\n    cpus: 1\n    memory: 1Gi\n'),
  'too-large.yaml': group(
    'too-large',
    '  poolRef:\n    name: test\n  pilot:\n    cpus: 1\n    memory: 900Ti\n',
  ),
  'no-cores.yaml': group('no-cores', '  poolRef:\n    name: test\n  pilot:\n    cpus: 0\n    memory: 1Gi\n'),
  'typo.yaml': group('typo', '  poolRef:\n    name: test\n  pilot:\n    cpu: 1\n    memory: 1Gi\n'),
};

let up: GlideinUp;

beforeAll(async () => {
  up = await GlideinUp.start({ ...siteManifests({}), ...bad });
});
afterAll(() => up?.stop());

const good = 'executable = /bin/true\ncontainer_image = hello\nrequest_disk = 10 MB\nqueue\n';

/** After each mistake the rest still works. */
async function stillWorks(): Promise<void> {
  const cluster = await up.submit(good);
  await eventually(async () => expect((await up.jobs(cluster))[0]?.ad.JobStatus).toBe('4'));
}

test.each([
  ['a group that names no pool', 'no-pool.yaml', 9, /poolRef.*"tset".*did you mean "test"/],
  ['a size that this machine does not have', 'too-large.yaml', 12, /900Ti.*this machine has.*write at most/],
  ['a pilot without cores', 'no-cores.yaml', 11, /spec\.pilot\.cpus/],
  ['a typo in a field', 'typo.yaml', 11, /cpu.*did you mean "cpus"/],
])(
  'a group with the mistake "%s" gets a message with the place and what to write',
  (_what, file, line, message) => {
    const problem = up.said.split('\n').find((text) => text.includes(`/${file}:${line}:`));
    expect(problem, up.said).toBeDefined();
    expect(problem).toMatch(message);
  },
);

test('bad groups do not stop a good one', stillWorks);

test('a submit file with an error on line 3 is refused with the line', async () => {
  const { code, err } = await up.glidein(['submit', '-'], {
    input: 'executable = /bin/true\ncontainer_image = hello\nrequest_cpus = 2 +\nqueue\n',
  });
  expect(code).toBe(2);
  expect(err).toMatch(/-:3:\d+: /);
  await stillWorks();
});

test('a job with an image that does not exist is held, and the reason says where the image was searched for', async () => {
  const cluster = await up.submit(
    'executable = /bin/true\ncontainer_image = helo\nrequest_disk = 10 MB\nqueue\n',
  );
  await eventually(async () => expect((await up.jobs(cluster))[0]?.ad.JobStatus).toBe('5'));
  const { out } = await up.glidein(['q', String(cluster)]);
  expect(out).toMatch(/is held \(code 35\): .*helo/);
  await stillWorks();
});

test('a job that is larger than the pilots of any group waits, and glidein status says why', async () => {
  const cluster = await up.submit(
    'executable = /bin/true\ncontainer_image = hello\nrequest_cpus = 64\nqueue\n',
  );
  await eventually(async () => {
    const { out } = await up.glidein(['status']);
    expect(out).toMatch(/fits no group.*64 cores.*has 4/);
  });
  await stillWorks();
  expect((await up.glidein(['rm', String(cluster)])).code).toBe(0);
});
