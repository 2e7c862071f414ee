import { chooser } from './classad/matrix.ts';

/** Job and slot ads as they are met in pools: what matching is measured and compared on. As texts of the new syntax. */

/** The expressions' texts by name. */
export type Attributes = Readonly<Record<string, string>>;
type Choose = ReturnType<typeof chooser>;

const quote = (text: string): string => JSON.stringify(text);

/** The usual value nine times out of ten: where everything varies freely, nothing matches anything. */
function mostly(choose: Choose, usual: string, others: readonly string[]): string {
  return choose([usual, usual, usual, usual, usual, usual, usual, usual, usual, choose(others)]);
}

/** The ad in the new syntax. */
export function adText(attributes: Attributes): string {
  return `[ ${Object.entries(attributes)
    .map(([name, value]) => `${name} = ${value}`)
    .join('; ')} ]`;
}

const versions = ['25.14.1', '25.12.0', '25.11.3', '25.9.0', '24.0.7', '23.10.2', '10.2.1'];
const gpuNames = ['NVIDIA A100-SXM4-40GB', 'NVIDIA H100 80GB HBM3', 'Tesla T4'];

/** What every slot of a machine has and no Requirements ask for: the bulk of an ad. */
function ballast(choose: Choose): Attributes {
  const attributes: Record<string, string> = {};
  for (let index = 0; index < 115; index += 1) {
    const name = `${choose(['Total', 'Last', 'Recent', 'Detected', 'Utsname', 'Monitor', 'Daemon'])}Stat${index}`;
    attributes[name] = choose([
      '0',
      '17',
      '1700000123',
      '3.25',
      '"x86_64-v3"',
      'true',
      'false',
      'undefined',
      '{ 1,2,3 }',
    ]);
  }
  return attributes;
}

function gpuAttributes(choose: Choose): Attributes {
  const count = choose([0, 0, 1, 2, 4]);
  if (count === 0) return { GPUs: '0', TotalSlotGPUs: '0', AvailableGPUs: '{  }' };
  const ids = Array.from({ length: count }, (_, index) => `GPUs_GPU_${index}a7f`);
  const capability = choose(['7.5', '8.0', '9.0']);
  const memory = choose(['15109', '40536', '81559']);
  const each = `[ Id = "GPU-a7f"; Capability = ${capability}; GlobalMemoryMb = ${memory}; DeviceName = ${quote(choose(gpuNames))}; DriverVersion = 12.4 ]`;
  return {
    GPUs: String(count),
    TotalSlotGPUs: String(count),
    AvailableGPUs: `{ ${ids.join(',')} }`,
    GPUs_Capability: capability,
    GPUs_GlobalMemoryMb: memory,
    ...Object.fromEntries(ids.map((id) => [id, each])),
  };
}

function containerAttributes(choose: Choose): Attributes {
  if (mostly(choose, 'here', ['missing']) === 'missing') return {};
  return {
    HasContainer: 'true',
    HasDockerURL: mostly(choose, 'true', ['false']),
    HasSIF: mostly(choose, 'true', ['false', 'undefined']),
    HasSandboxImage: mostly(choose, 'true', ['false']),
    HasSingularity: 'true',
    SingularityVersion: '"apptainer version 1.4.5"',
  };
}

const starts = [
  'true',
  'true',
  'true',
  '(JobUniverse == 5)',
  'TARGET.Owner isnt "mallory"',
  'ifThenElse(isUndefined(TARGET.MaxWallTimeMins),true,TARGET.MaxWallTimeMins * 60 < GLIDEIN_ToDie - 1700000000)',
  '(stringListMember(TARGET.Owner,"alice,bob,carol")) || (TARGET.AcctGroup =?= "cms")',
  'regexp("^(cms|atlas)",TARGET.AccountingGroup ?: "none")',
  '(KeyboardIdle > 900) && ((LoadAvg - CondorLoadAvg) <= 0.3)',
];

/** An ad of some 160 attributes. */
function slotAttributes(choose: Choose): Attributes {
  const cpus = choose([1, 4, 8, 16, 64]);
  const memory = choose([1, 2, 4]) * 1024 * cpus - choose([0, 1, 511]);
  const version = choose(versions);
  return {
    MyType: '"Machine"',
    Name: quote(`slot1@${choose(['a', 'b', 'c'])}${choose([1, 2, 3, 4, 5])}.example`),
    Arch: mostly(choose, '"X86_64"', ['"x86_64"', '"AARCH64"']),
    OpSys: mostly(choose, '"LINUX"', ['"Linux"', '"WINDOWS"']),
    OpSysAndVer: choose(['"Debian12"', '"AlmaLinux9"']),
    Cpus: mostly(choose, String(cpus), ['0', '1']),
    TotalSlotCpus: String(cpus),
    Memory: mostly(choose, String(memory), ['128', '0']),
    TotalSlotMemory: String(memory),
    Disk: mostly(choose, '80000000', ['500', '2000000']),
    TotalSlotDisk: '80000000.0',
    PartitionableSlot: 'true',
    SlotType: '"Partitionable"',
    State: choose(['"Unclaimed"', '"Claimed"']),
    Activity: '"Idle"',
    LoadAvg: choose(['0.0', '1.5']),
    CondorLoadAvg: '0.0',
    KeyboardIdle: '100000',
    HasFileTransfer: mostly(choose, 'true', ['undefined', 'false']),
    FileSystemDomain: quote(choose(['example', 'other.example'])),
    HasJava: 'false',
    GLIDEIN_Site: quote(choose(['T1_A', 'T2_B', 'T2_C'])),
    GLIDEIN_ToDie: choose(['1700086400', '1700003600']),
    ...(mostly(choose, 'here', ['missing']) === 'here' && {
      CondorVersion: quote(`$CondorVersion: ${version} 2026-09-01 BuildID: x PackageID: ${version}-1 $`),
    }),
    ...gpuAttributes(choose),
    ...containerAttributes(choose),
    Start: choose(starts),
    WithinResourceLimits:
      '(ifThenElse(TARGET._cp_orig_RequestCpus isnt undefined,TARGET.RequestCpus <= MY.Cpus,MY.Cpus > 0 && TARGET.RequestCpus <= MY.Cpus) && ifThenElse(TARGET._cp_orig_RequestMemory isnt undefined,TARGET.RequestMemory <= MY.Memory,MY.Memory > 0 && TARGET.RequestMemory <= MY.Memory) && (TARGET.RequestGPUs ?: 0) <= MY.GPUs)',
    Requirements: choose([
      'Start && WithinResourceLimits',
      'Start && WithinResourceLimits',
      'Start',
      '(Start) && (IsValidCheckpointPlatform =?= undefined) && (WithinResourceLimits)',
    ]),
    Rank: '0.0',
    ...ballast(choose),
  };
}

const diskClause = '(versionGE(split(TARGET.CondorVersion)[1],"25.12.0") || (TARGET.Disk >= RequestDisk))';
const ownClauses = [
  'TARGET.GLIDEIN_Site =!= "T2_C"',
  '(TARGET.OpSysAndVer == "AlmaLinux9" || TARGET.OpSysAndVer == "Debian12")',
  'stringListIMember(TARGET.GLIDEIN_Site,DESIRED_Sites)',
  'regexp("^T[12]_",TARGET.GLIDEIN_Site)',
  '(TARGET.LoadAvg ?: 0.0) < 1.0',
  'TARGET.State != "Claimed"',
  'isUndefined(TARGET.HasJava) || !TARGET.HasJava',
  'MY.Cpus_needed <= TARGET.TotalSlotCpus',
];

function containerClauses(choose: Choose): string[] {
  const image = choose(['', '', 'HasDockerURL', 'HasSIF', 'HasSandboxImage']);
  return image === '' ? [] : ['TARGET.HasContainer', `TARGET.${image}`];
}

function gpuRequest(choose: Choose): { clauses: string[]; attributes: Attributes } {
  const wish = choose(['', '', '', '', 'plain', 'required']);
  if (wish === '') return { clauses: [], attributes: {} };
  if (wish === 'plain')
    return { clauses: ['(TARGET.GPUs >= RequestGPUs)'], attributes: { RequestGPUs: choose(['1', '2']) } };
  return {
    clauses: ['(countMatches(MY.RequireGPUs,TARGET.AvailableGPUs) >= RequestGPUs)'],
    attributes: {
      RequestGPUs: '1',
      RequireGPUs: choose([
        'Capability >= 8.0',
        'GlobalMemoryMb > 20000 && Capability >= 7.5',
        'DeviceName == "Tesla T4"',
      ]),
    },
  };
}

function jobAd(choose: Choose): string {
  const gpus = gpuRequest(choose);
  const own = choose([true, false, false]) ? [`(${choose(ownClauses)})`] : [];
  const clauses = [
    ...own,
    '(TARGET.Arch == "X86_64")',
    '(TARGET.OpSys == "LINUX")',
    ...containerClauses(choose),
    choose([diskClause, diskClause, '(TARGET.Disk >= RequestDisk)']),
    '(TARGET.Memory >= RequestMemory)',
    '(TARGET.Cpus >= RequestCpus)',
    ...gpus.clauses,
    '((TARGET.FileSystemDomain == MY.FileSystemDomain) || (TARGET.HasFileTransfer))',
  ];
  return adText({
    MyType: '"Job"',
    JobUniverse: '5',
    Owner: quote(choose(['alice', 'bob', 'mallory', 'dave'])),
    ...(choose([true, false]) && { AcctGroup: '"cms"', AccountingGroup: '"cms.prod.alice"' }),
    ...(choose([true, false]) && { MaxWallTimeMins: choose(['60', '1440']) }),
    RequestCpus: choose(['1', '1', '4', 'ifThenElse(isUndefined(Wide),1,8)']),
    Cpus_needed: '8',
    RequestMemory: choose([
      '128',
      '2048',
      '2000 * RequestCpus',
      'ifThenElse(MemoryUsage isnt undefined,MemoryUsage * 3 / 2,1024)',
    ]),
    RequestDisk: choose([
      '1024',
      'MAX({ 1024,(TransferInputSizeMB + 1) * 1.25 }) * 1024',
      '50 * 1024 * 1024',
    ]),
    TransferInputSizeMB: choose(['0', '1', '4000']),
    FileSystemDomain: quote('example'),
    DESIRED_Sites: '"t1_a, T2_B"',
    ...gpus.attributes,
    Requirements: clauses.join(' && '),
    Rank: choose(['0.0', 'TARGET.Memory', '(TARGET.GLIDEIN_Site == "T1_A") * 10 + TARGET.Cpus']),
  });
}

/** The same ads for the same seed. */
export function realisticSlots(count: number, seed: number): string[] {
  return realisticSlotAttributes(count, seed).map(adText);
}

export function realisticSlotAttributes(count: number, seed: number): Attributes[] {
  const choose = chooser(seed);
  return Array.from({ length: count }, () => slotAttributes(choose));
}

export function realisticJobs(count: number, seed: number): string[] {
  const choose = chooser(seed);
  return Array.from({ length: count }, () => jobAd(choose));
}
