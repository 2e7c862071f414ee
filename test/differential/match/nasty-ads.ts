import { parseAd } from '#classad/parser.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import { realisticJobs, realisticSlots } from '../realistic-ads.ts';

/** Chooses one of the items at random; the same ones for the same seed. */
type Choose = <T>(items: readonly T[]) => T;

/** One time in `n`. */
const rarely = (choose: Choose, n: number): boolean => choose(Array.from({ length: n }, (_, at) => at === 0));

/** What people write in Requirements about resources, rightly and wrongly. */
const resourceClauses = [
  'TARGET.Memory >= RequestMemory',
  'TARGET.Memory >= MY.RequestMemory',
  '(RequestMemory <= TARGET.Memory)',
  '((TARGET.Cpus >= RequestCpus))',
  'TARGET.Disk >= RequestDisk',
  'Memory >= 1024',
  'memory > 1024',
  'Cpus >= 2',
  '2 <= Cpus',
  'TARGET.Cpus >= 1.5',
  'TARGET.Cpus == 4',
  'TARGET.Cpus < 4',
  '!(TARGET.Cpus < 2)',
  'TARGET.Memory >= "1024"',
  'TARGET.Memory >= true',
  'TARGET.Memory >= 2 * RequestMemory',
  'TARGET.Memory - RequestMemory >= 0',
  'TARGET.Memory / TARGET.Cpus >= 512',
  'TARGET.Cpus % 2 == 0',
  'TARGET.Memory >= 3000 || TARGET.Cpus >= 4',
  '(TARGET.Cpus >= 2) =?= true',
  'TARGET.Memory >= Wish',
  'TARGET.Memory >= MY.Missing',
  'TARGET.Memory >= (MY.Missing ?: 500)',
  'TARGET.GPUs >= RequestGPUs',
  'TARGET.GPUs >= 1',
  'ifThenElse(TARGET.GPUs > 0, TARGET.Memory >= 2000, true)',
  'TARGET.Disk > 0 && (TARGET.Cpus >= 1 && TARGET.Memory >= 256)',
  'TARGET.Cpus >= -1',
  'TARGET.Cpus >= undefined',
  'TARGET.Cpus >= error',
  'other.Memory >= self.RequestMemory',
  'Target.MEMORY >= my.requestmemory',
  '.RequestMemory <= TARGET.Memory',
  'TARGET.TotalSlotCpus - TARGET.Cpus <= 2',
];

/** The same about everything else. */
const otherClauses = [
  'true',
  'TARGET.Memroy >= 100',
  'isUndefined(TARGET.Memroy)',
  'TARGET.HasCVMFS',
  'TARGET.HasCVMFS =?= true',
  '(TARGET.HasCVMFS ?: false)',
  'TARGET.Arch == "x86_64"',
  'TARGET.Arch =?= "X86_64"',
  'TARGET.OpSysAndVer != "Debian12"',
  'regexp("^site[01]$", TARGET.GLIDEIN_Site)',
  'TARGET.GLIDEIN_Site =!= "site2"',
  'stringListIMember(TARGET.GLIDEIN_Site, "SITE0, site3")',
  'member(TARGET.GLIDEIN_Site, { "site0", "site1" })',
  'member("avx2", TARGET.Info.Tags)',
  'TARGET.Info.Level > 2',
  'TARGET.Info.Level > MY.Own.Level',
  'TARGET.Info["Level"] == 3',
  'TARGET.Name == "pilot-1"',
  'regexp("[02468]$", TARGET.Name)',
  'TARGET.Machine != "node-0"',
  '1',
  '0.0',
  '"true"',
  'TARGET.Price + "euro" == 3',
  '1 / 0 == 1',
  'TARGET.Start',
  'TARGET.Requirements',
  'versionGE(TARGET.ApptainerVersion, "1.3")',
  'size(TARGET.Info.Tags) >= 2',
  'Wish > 10',
  'MY.JobPrio > -1 && Owner == "alice"',
  'anyCompare("==", TARGET.Info.Tags, "avx2")',
];

const starts = [
  'true',
  'true',
  'true',
  'true',
  'true',
  'true',
  'true',
  'true',
  'true',
  'TARGET.Owner == "alice"',
  'TARGET.Owner isnt "mallory"',
  'TARGET.RequestMemory <= 1500',
  'TARGET.RequestCpus <= MY.Cpus',
  'TARGET.RequestGPUs > 0',
  '(TARGET.RequestGPUs ?: 0) == 0 || MY.GPUs > 0',
  'TARGET.AcctGroup =?= "cms"',
  'regexp("^cms", TARGET.AcctGroup ?: "none")',
  'TARGET.JobPrio >= 0',
  'TARGET.Own.Level == 1',
  'TARGET.Wihs > 3',
  'MY.Memory > 1000 && TARGET.Wish < 100',
  'MY.Name != "pilot-2"',
  'TARGET.Requirements',
  'undefined',
  '1',
  '"yes"',
  'false',
];

const ranks = [
  '0.0',
  '0.0',
  'TARGET.Memory',
  '-TARGET.Cpus',
  'TARGET.Cpus * 10 + TARGET.Memory / 1000',
  '(TARGET.GLIDEIN_Site == "site1") * 10',
  'TARGET.Info.Level',
  '"high"',
  'undefined',
  'TARGET.Missing',
  '1 / 0',
  'real("NaN")',
  'true',
  'TARGET.HasCVMFS',
  'ifThenElse(TARGET.GPUs > 0, -100, 0)',
];

const requests = {
  RequestCpus: [
    '1',
    '1',
    '1',
    '1',
    '1',
    '2',
    '2',
    '4',
    '1.5',
    'TARGET.Cpus',
    'ifThenElse(TARGET.GPUs > 0, 1, 2)',
    '0',
  ],
  RequestMemory: [
    '128',
    '500',
    '1024',
    '1025',
    '2000 * RequestCpus',
    'TARGET.Memory / 2',
    'undefined',
    '"many"',
    '-5',
  ],
  RequestDisk: ['1024', '1024', '1024', '1024', '1000000', '1e9', 'MAX({ 1024, (Wish + 1) * 1.25 }) * 1024'],
  RequestGPUs: ['0', '0', '0', '0', '0', '1', 'TARGET.GPUs', 'undefined'],
};

/** A template of slots: those made from it differ in nothing but their names and in what is free. */
export function nastySlot(choose: Choose): AdTexts {
  if (rarely(choose, 20)) return realistic(realisticSlots(1, choose(seeds))[0]);
  const cpus = choose([2, 4, 8]);
  const memory = cpus * choose([500, 1024, 2000]);
  const gpus = choose([0, 0, 0, 1, 2]);
  return {
    MyType: '"Machine"',
    Arch: choose(['"X86_64"', '"X86_64"', '"AARCH64"']),
    OpSysAndVer: choose(['"Debian12"', '"AlmaLinux9"']),
    Cpus: String(cpus),
    TotalSlotCpus: String(cpus),
    Memory: String(memory),
    Disk: choose(['20000000', '2000000', '500']),
    GPUs: String(gpus),
    ApptainerVersion: choose(['"1.4.5"', '"1.2.0"', 'undefined']),
    Price: choose(['3', '"3"', '2.5']),
    ...(rarely(choose, 2) && { HasCVMFS: choose(['true', 'false', 'undefined', '"true"']) }),
    ...(rarely(choose, 2) && {
      Info: choose(['[ Level = 3; Tags = { "avx2","sse" } ]', '[ level = 1 ]', '{ 1,2 }', '"none"']),
    }),
    Start: choose(starts),
    Requirements: choose(['Start', 'Start', 'Start && TARGET.RequestCpus <= MY.Cpus', 'MY.Start', 'true']),
  };
}

export function nastyJob(choose: Choose): AdTexts {
  if (rarely(choose, 20)) return realistic(realisticJobs(1, choose(seeds))[0]);
  const ad: Record<string, string> = {
    MyType: '"Job"',
    JobUniverse: '5',
    JobPrio: choose(['0', '0', '0', '5', '-5', '"high"', 'undefined']),
    Rank: choose(ranks),
    Wish: choose(['5', '50', '500', '1000.5', '"5"']),
    Own: choose(['[ Level = 1 ]', '[ Level = 2; Deep = [ Level = 9 ] ]', 'undefined']),
  };
  for (const [name, values] of Object.entries(requests)) if (!rarely(choose, 6)) ad[name] = choose(values);
  if (rarely(choose, 3)) ad.AcctGroup = choose(['"cms"', '"atlas"', 'undefined']);
  // A job that has an attribute of its own by the name of a slot's, or of a scope.
  if (rarely(choose, 12))
    ad[choose(['Cpus', 'Memory', 'TARGET', 'MY', 'other'])] = choose(['2', '[ Memory = 9 ]', '"x"']);
  if (!rarely(choose, 15)) ad.Requirements = requirements(choose);
  return ad;
}

/** Mostly what condor_submit would write, with something strange in it: clauses that are all strange match nothing. */
function requirements(choose: Choose): string {
  const usual = choose([
    [],
    ['TARGET.Cpus >= RequestCpus'],
    ['TARGET.Memory >= RequestMemory', 'TARGET.Disk >= 1024'],
  ]);
  const strange = Array.from({ length: choose([0, 1, 1, 1, 2, 3]) }, () =>
    choose(choose([resourceClauses, resourceClauses, otherClauses])),
  );
  const clauses = [...usual, ...strange].map((clause) => (/\|\||&&/.test(clause) ? `(${clause})` : clause));
  const joined = clauses.length === 0 ? 'true' : clauses.join(' && ');
  return rarely(choose, 10) ? `(${joined}) || ${choose(otherClauses)}` : joined;
}

const seeds = Array.from({ length: 400 }, (_, at) => 7 * at + 1);

const realistic = (text = '[]'): AdTexts => parseAd(text).toTexts();
