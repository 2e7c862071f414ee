import { expect, it } from 'vitest';
import type { Start } from '#wire/pool-messages.ts';
import { noServices } from './discovery.ts';
import { readJob as readClaimed } from './job.ts';

const start = (ad: Record<string, string>, inputs: string[] = []): Start => ({
  type: 'start',
  claim: { generation: 'g', id: 'c', epoch: 1 },
  job: '3.1',
  ad,
  inputs: inputs.map((name) => ({ name, digest: `sha256:${'0'.repeat(64)}`, size: 0, executable: false })),
  resources: { cpus: 2, memory: 1, disk: 1, gpus: 0 },
});

const readJob = (message: Start) =>
  readClaimed(message, {
    slot: 'slot1_1',
    resources: message.resources,
    gpus: [],
    scratch: '/srv',
    pilot: {},
    deadline: 0,
    services: noServices,
  });

it.each([
  ['"/home/u/run.sh"', 'true', ['run.sh'], './run.sh'],
  ['"run.sh"', 'undefined', ['run.sh'], './run.sh'],
  ['"/bin/echo"', 'false', ['echo'], '/bin/echo'],
  ['"/bin/echo"', 'undefined', [], '/bin/echo'],
  ['"echo"', 'false', [], 'echo'],
  ['"bin/tool"', 'false', ['bin/tool'], './bin/tool'],
])(
  'a job with the program %s, transferred %s, inputs %s runs %s',
  (Cmd, TransferExecutable, inputs, program) => {
    expect(readJob(start({ Cmd, TransferExecutable }, inputs)).command[0]).toBe(program);
  },
);

it('the attributes of a job are read, or have their defaults', () => {
  const bare = readJob(start({ Cmd: '"x"' }));
  expect(bare).toMatchObject({ id: '3.1', stdout: true, preservePaths: false });
  expect([bare.image, bare.stdin, bare.outputs]).toEqual([undefined, undefined, undefined]);
  expect(Object.fromEntries(bare.environment)).toMatchObject({ GLIDEIN_JOB: '3.1', OMP_NUM_THREADS: '2' });
  const full = readJob(
    start({
      Cmd: '"x"',
      Arguments: `"1 'two words'"`,
      Environment: `"A=1 'OMP_NUM_THREADS=8' 'B=x = y'"`,
      ContainerImage: '"el9"',
      In: '"data/in"',
      TransferOutput: '"a, b/c,"',
      WhenToTransferOutput: '"ON_SUCCESS"',
    }),
  );
  expect(full).toMatchObject({
    command: ['x', '1', 'two words'],
    image: 'el9',
    stdin: 'in',
    outputs: ['a', 'b/c'],
    outputsOnSuccessOnly: true,
  });
  expect(Object.fromEntries(full.environment)).toMatchObject({ A: '1', B: 'x = y', OMP_NUM_THREADS: '8' });
  expect(readJob(start({ Cmd: '"x"', TransferOutput: '""' })).outputs).toEqual([]);
});

it.each([
  [
    { Out: '"log"', Err: '"log"' },
    { joined: true, stdout: true, stderr: false },
  ],
  [
    { Out: '"log"', Err: '"err"' },
    { joined: false, stdout: true, stderr: true },
  ],
  [
    { Out: '"/dev/null"', Err: '"/dev/null"' },
    { joined: false, stdout: true, stderr: true },
  ],
  [
    { Out: '"log"', Err: '"log"', TransferOut: 'false' },
    { joined: false, stdout: false, stderr: true },
  ],
])('the streams of a job with %j are %j', (ad, streams) => {
  expect(readJob(start({ Cmd: '"x"', ...ad }))).toMatchObject(streams);
});

it.each([
  ['TransferOutput', 'isUndefined(n.Cpus) ? n.Cpus : error'],
  ['Arguments', 'n.Cpus + 1'],
  ['Environment', 'error'],
  ['In', '1/0'],
  ['Cmd', 'strcat(error)'],
  ['TransferExecutable', 'error'],
  ['Foo', '((('],
])('the %s %s is blamed on the job and not on the pilot', (name, text) => {
  const bad = () => readJob(start({ Cmd: '"x"', n: '{n.n, [A = "x + 1"]}', [name]: text }));
  expect(bad).toThrow(expect.objectContaining({ name: 'PayloadFault', blame: 'job' }));
});

it('a text of a million quotes is read, or blamed on the job', () => {
  for (const text of ["'".repeat(1_000_000), "' ".repeat(500_000), 'a'.repeat(1_000_000)]) {
    for (const name of ['Arguments', 'Environment']) {
      try {
        readJob(start({ Cmd: '"x"', [name]: JSON.stringify(text) }));
      } catch (error) {
        expect(error).toMatchObject({ blame: 'job' });
      }
    }
  }
});

it('if a job has arguments and variables in both syntaxes, the new one counts', () => {
  const both = { Args: '"old words"', Arguments: '"\'new words\'"', Env: '"A=old"', Environment: '"B=new"' };
  const job = readJob(start({ Cmd: '"x"', ...both }));
  expect(job.command.slice(1)).toEqual(['new words']);
  expect([job.environment.get('A'), job.environment.get('B')]).toEqual([undefined, 'new']);
});

it('an environment in the old syntax, which has another attribute, is read', () => {
  const job = readJob(start({ Cmd: '"x"', Env: '"A=1 2;B=x"', EnvDelim: '";"' }));
  expect(Object.fromEntries(job.environment)).toMatchObject({ A: '1 2', B: 'x' });
});

it('a job finds its proxy by X509_USER_PROXY', () => {
  const ad = { Cmd: '"x"', x509userproxy: '"/home/u/x509up"' };
  const job = readJob(start(ad, ['x509up']));
  expect(job.environment.get('X509_USER_PROXY')).toBe('/srv/x509up');
  expect(readJob(start(ad)).environment.has('X509_USER_PROXY')).toBe(false);
});

it('only the user of a job may read its proxy', () => {
  const ad = { Cmd: '"x"', x509userproxy: '"/home/u/x509up"' };
  const modes = readJob(start(ad, ['x509up', 'data'])).inputs.map(({ name, mode }) => [name, mode]);
  expect(modes).toEqual([
    ['x509up', 0o600],
    ['data', undefined],
  ]);
});

it.each([
  [{ SingularityImage: '"/cvmfs/el9"' }, '/cvmfs/el9'],
  [{ SingularityImage: '"/cvmfs/el9"', DockerImage: '"debian:12"' }, 'docker://debian:12'],
  [{ SingularityImage: '"/cvmfs/el9"', DockerImage: '"debian:12"', ContainerImage: '"el8"' }, 'el8'],
])('a job that names the images %j runs in %s', (ad, image) => {
  expect(readJob(start({ Cmd: '"x"', ...ad })).image).toBe(image);
});

it('the URLs among the inputs of a job are fetched, unless a file has the same name', () => {
  const TransferInput = '"a, http://x/b?c, https://y/d, https://z/d, https://z/e"';
  expect(readJob(start({ Cmd: '"x"', TransferInput }, ['a', 'e'])).urls).toEqual([
    { url: 'http://x/b?c', name: 'b' },
    { url: 'https://z/d', name: 'd' },
  ]);
});

it.each(['osdf://', 'https://host/'])('a job is held for the input %s', (url) => {
  expect(() => readJob(start({ Cmd: '"x"', TransferInput: JSON.stringify(url) }))).toThrow(
    expect.objectContaining({ name: 'PayloadFault', blame: 'job', holdCode: 13 }),
  );
});
