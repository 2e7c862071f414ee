import { describe, expect, test } from 'vitest';
import { parseSubmit } from '../parse-submit.ts';
import { submitCommands } from './commands.ts';

const options = {
  file: 'job.sub',
  owner: 'ada',
  directory: '/d',
  now: 1,
  readFile: () => undefined,
  environment: { HOME: '/h', PATH: '/bin', LANG: "it's", KEY: 'k' },
  random: () => 0,
};

/** The cluster ad of a file with these lines before `executable` and `queue`. */
const ad = (...lines: string[]) =>
  parseSubmit([...lines, 'executable = a', 'queue'].join('\n'), options).cluster;
const inputs = (...lines: string[]) =>
  parseSubmit([...lines, 'queue'].join('\n'), options).procs[0]!.inputs.map(({ path, name }) => [path, name]);

describe('requests', () => {
  test.each([
    ['request_memory = 2G', 'RequestMemory', '2048'],
    ['request_memory = 1.5 GiB', 'RequestMemory', '1536'],
    ['request_memory = 1500K', 'RequestMemory', '2'],
    ['request_memory = 2T', 'RequestMemory', '2097152'],
    ['request_memory = 1000', 'RequestMemory', '1000'],
    ['RequestMemory = 100MB', 'RequestMemory', '100'],
    ['request_memory = 1024 * RequestCpus', 'RequestMemory', '1024 * RequestCpus'],
    ['request_disk = 5G', 'RequestDisk', '5242880'],
    ['request_disk = 7', 'RequestDisk', '7'],
    ['request_cpus = 4', 'RequestCpus', '4'],
    ['request_gpus = 0', 'RequestGPUs', '0'],
    ['request_cpus = 0', 'RequestCpus', '0'],
    ['request_memory = 0', 'RequestMemory', '0'],
  ])('become attributes: %s', (line, attribute, value) => {
    expect(ad(line)[attribute]).toBe(value);
  });

  test.each(['request_cpus = 1.5', 'request_cpus = -1', 'request_memory = -4G'])('%s is refused', (line) => {
    expect(() => ad(line)).toThrow(/^request_/);
  });

  test.each(['request_memory = 4 parsecs', 'request_disk = 999999999999999T'])(
    '%s is refused too',
    (line) => {
      expect(() => ad(line)).toThrow(/^request_/);
    },
  );
});

describe('requirements', () => {
  const disk = '(versionGE(split(TARGET.CondorVersion)[1],"25.12.0") || (TARGET.Disk >= RequestDisk))';
  const base = `${disk} && (TARGET.Memory >= RequestMemory)`;
  const transfer = '((TARGET.FileSystemDomain == MY.FileSystemDomain) || (TARGET.HasFileTransfer))';
  const platform = '(TARGET.Arch == "X86_64") && (TARGET.OpSys == "LINUX")';

  test('get a clause for everything that the job asks for', () => {
    expect(ad('requirements = Site == "A" || x').Requirements).toBe(
      `(Site == "A" || x) && ${platform} && ${base} && ${transfer}`,
    );
    expect(ad('request_gpus = 1').Requirements).toBe(
      `${platform} && ${base} && (TARGET.GPUs >= RequestGPUs) && ${transfer}`,
    );
    const boxed = (image: string) => ad(image).Requirements;
    expect(boxed('container_image = hello')).toBe(
      `(TARGET.Arch == "X86_64") && TARGET.HasContainer && TARGET.HasSandboxImage && ${base} && ${transfer}`,
    );
    expect(boxed('container_image = /i/x.sif')).toContain('TARGET.HasSIF');
    expect(boxed('docker_image = debian:12')).toContain('TARGET.HasDockerURL');
  });

  test('keep their clauses after an expression with a comment', () => {
    expect(ad('requirements = x // why').Requirements).toBe(`(x) && ${platform} && ${base} && ${transfer}`);
  });
});

describe('containers', () => {
  test('are used by every job with an image, and an absolute program is then in the image', () => {
    const cluster = parseSubmit('container_image = hello\nexecutable = /bin/sh\nqueue', options);
    expect(cluster.cluster).toMatchObject({
      JobUniverse: '5',
      WantContainer: 'true',
      ContainerImage: '"hello"',
      Cmd: '"/bin/sh"',
    });
    expect(cluster.procs[0]!.inputs).toEqual([]);
    expect(ad('universe = docker', 'docker_image = debian:12')).toMatchObject({
      WantDocker: 'true',
      DockerImage: '"debian:12"',
    });
    expect(ad('universe = container', 'container_image = docker://a/b').WantDockerImage).toBe('true');
    expect(() => ad('docker_image = a', 'container_image = b')).toThrow('is set as well');
  });
});

describe('arguments and environment', () => {
  test.each([
    ['arguments = a  b\\"c', 'Args', '"a b\\"c"'],
    ["arguments = it's", 'Args', `"it's"`],
    ['arguments = "a \'b c\' """', 'Arguments', `"a b' 'c \\""`],
  ])('become attributes: %s', (line, attribute, value) => {
    expect(ad(line)[attribute]).toBe(value);
  });

  test('in old and new syntax, and with getenv, become one form sorted by name', () => {
    expect(ad('environment = B=2;A=1 x').Environment).toBe(`"A=1' 'x B=2"`);
    expect(ad('environment = "B=2 A=\'1 x\'"').Environment).toBe(`"A=1' 'x B=2"`);
    expect(ad('getenv = PATH, LANG').Environment).toBe(`"LANG=it''''s PATH=/bin"`);
    expect(ad('getenv = *, !K*, !LANG', 'environment = "PATH=/own"').Environment).toBe('"HOME=/h PATH=/own"');
    expect(ad('getenv = false').Environment).toBe('""');
    expect(() => ad('environment = "A"')).toThrow('is not NAME=value');
    expect(() => ad('arguments = a "b"')).toThrow('old syntax');
  });
});

describe('policy', () => {
  test('of retries becomes OnExitRemove', () => {
    expect(ad('max_retries = 3')).toMatchObject({
      JobMaxRetries: '3',
      OnExitRemove: 'NumJobCompletions > JobMaxRetries || ExitCode =?= 0',
    });
    expect(ad('success_exit_code = 4', 'retry_until = 9', 'on_exit_remove = x')).toMatchObject({
      JobMaxRetries: '2',
      JobSuccessExitCode: '4',
      OnExitRemove:
        'NumJobCompletions > JobMaxRetries || ExitCode =?= JobSuccessExitCode || ExitCode =?= 9 || x',
    });
    expect(ad('on_exit_remove = ExitCode == 0').OnExitRemove).toBe('ExitCode == 0');
  });

  test('of holds, accounting and limits becomes attributes', () => {
    expect(ad('hold = yes')).toMatchObject({ JobStatus: '5', HoldReasonCode: '15' });
    expect(ad('accounting_group = g.h')).toMatchObject({
      AcctGroup: '"g.h"',
      AcctGroupUser: '"ada"',
      AccountingGroup: '"g.h.ada"',
    });
    expect(ad('accounting_group_user = bob').AccountingGroup).toBe('"bob"');
    expect(() => ad('hold = perhaps')).toThrow('neither true nor false');
    expect(() => ad('encrypt_input_files = x')).toThrow('not supported');
  });
});

describe('files', () => {
  test('have names relative to initialdir, except the executable; URLs are left to the pilot', () => {
    expect(
      inputs(
        'executable = b/run',
        'initialdir = sub',
        'input = ../in',
        'transfer_input_files = x, https://h/y, /z',
      ),
    ).toEqual([
      ['/d/sub/x', 'x'],
      ['/z', 'z'],
      ['/d/in', 'in'],
      ['/d/b/run', 'run'],
    ]);
    expect(
      inputs('executable = run', 'transfer_executable = no', 'input = i', 'transfer_input = no'),
    ).toEqual([]);
    expect(ad('initialdir = /x/', 'input = i', 'transfer_output_files = a, b')).toMatchObject({
      Iwd: '"/x/"',
      In: '"i"',
      TransferOutput: '"a,b"',
      WhenToTransferOutput: '"ON_EXIT"',
    });
    expect(() => ad('when_to_transfer_output = now')).toThrow('is not known');
  });
});

test('inputs keep the folders of relative paths with preserve_relative_paths, and a trailing slash asks for the contents of a directory', () => {
  const named = (...lines: string[]) => inputs('executable = /bin/sh', 'transfer_executable = no', ...lines);
  const files = 'transfer_input_files = ./w1/f, tree/sub, more/deep/, /abs/g';
  expect(named(files)).toEqual([
    ['/d/w1/f', 'f'],
    ['/d/tree/sub', 'sub'],
    ['/d/more/deep', ''],
    ['/abs/g', 'g'],
  ]);
  expect(named(files, 'preserve_relative_paths = true')).toEqual([
    ['/d/w1/f', 'w1/f'],
    ['/d/tree/sub', 'tree/sub'],
    ['/d/more/deep', 'more/deep'],
    ['/abs/g', 'g'],
  ]);
  expect(() => named('transfer_input_files = ../f', 'preserve_relative_paths = true')).toThrow(
    'is outside the directory',
  );
});

test('every submit command has a unique name and a sentence', () => {
  const names = submitCommands
    .flatMap(({ name, aliases = [] }) => [name, ...aliases])
    .map((name) => name.toLowerCase());
  expect(new Set(names).size).toBe(names.length);
  for (const { sentence } of submitCommands) expect(sentence).toMatch(/^.{8,}[.…]$/);
});

test('ON_EXIT_OR_EVICT requires that files are transferred', () => {
  expect(ad('when_to_transfer_output = ON_EXIT_OR_EVICT')).toMatchObject({ ShouldTransferFiles: '"YES"' });
  expect(ad('when_to_transfer_output = always')).toMatchObject({
    ShouldTransferFiles: '"YES"',
    WhenToTransferOutput: '"ON_EXIT_OR_EVICT"',
  });
  expect(() => ad('should_transfer_files = IF_NEEDED\nwhen_to_transfer_output = ON_EXIT_OR_EVICT')).toThrow(
    expect.objectContaining({ cure: expect.stringContaining('should_transfer_files = YES') }),
  );
});

test('an image that a plug-in fetches is among the inputs, and the slot must support its scheme', () => {
  expect(ad('container_image = osdf:///images/a.sif')).toMatchObject({
    ContainerImage: '"a.sif"',
    ContainerImageFullPath: '"osdf:///images/a.sif"',
    TransferInput: '"osdf:///images/a.sif"',
    WantTransferPluginMethods: '"osdf"',
  });
});

/** Commands whose effect is tested in the pool and in pilots, where the tests begin with the attribute. */
test.each([
  ['allowed_execute_duration', 'AllowedExecuteDuration', '3', '3'],
  ['allowed_job_duration', 'AllowedJobDuration', '3', '3'],
  [
    'concurrency_limits_expr',
    'ConcurrencyLimits',
    'strcat(TARGET.Machine, ":2")',
    'strcat(TARGET.Machine, ":2")',
  ],
  ['job_max_vacate_time', 'JobMaxVacateTime', '5', '5'],
  ['kill_sig_timeout', 'KillSigTimeout', '5', '5'],
  ['leave_in_queue', 'LeaveJobInQueue', 'JobStatus == 4', 'JobStatus == 4'],
  ['max_idle', 'JobMaterializeMaxIdle', '5', '5'],
  ['max_materialize', 'JobMaterializeLimit', '5', '5'],
  ['max_transfer_input_mb', 'MaxTransferInputMB', '5', '5'],
  ['max_transfer_output_mb', 'MaxTransferOutputMB', '5', '5'],
  ['noop_job', 'IsNoopJob', 'true', 'true'],
  ['noop_job_exit_code', 'NoopJobExitCode', '3', '3'],
  ['noop_job_exit_signal', 'NoopJobExitSignal', '9', '9'],
  ['on_exit_hold', 'OnExitHold', 'ExitCode == 2', 'ExitCode == 2'],
  ['on_exit_hold_reason', 'OnExitHoldReason', '"no"', '"no"'],
  ['on_exit_hold_subcode', 'OnExitHoldSubCode', '7', '7'],
  ['on_exit_remove', 'OnExitRemove', 'ExitCode == 0', 'ExitCode == 0'],
  ['periodic_hold', 'PeriodicHold', 'NumJobStarts > 3', 'NumJobStarts > 3'],
  ['periodic_hold_reason', 'PeriodicHoldReason', '"no"', '"no"'],
  ['periodic_hold_subcode', 'PeriodicHoldSubCode', '7', '7'],
  ['periodic_release', 'PeriodicRelease', 'NumHolds < 3', 'NumHolds < 3'],
  ['periodic_remove', 'PeriodicRemove', 'NumHolds > 3', 'NumHolds > 3'],
  ['periodic_vacate', 'PeriodicVacate', 'NumVacates < 3', 'NumVacates < 3'],
  ['want_graceful_removal', 'WantGracefulRemoval', 'false', 'false'],
])('the submit command %s makes the attribute %s', (command, attribute, value, expected) => {
  const { cluster } = parseSubmit(`executable = a\n${command} = ${value}\nqueue`, options);
  expect(cluster[attribute]).toBe(expected);
});
