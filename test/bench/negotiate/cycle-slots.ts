import { ClassAd } from '#classad/class-ad.ts';
import { parseSubmit } from '#submit/parse-submit.ts';
import { eachProc } from '#submit/queue/procs.ts';
import { protocolVersion } from '#wire/protocol.ts';
import type { MeasuredCluster } from './jobs.ts';
import type { MeasuredSlot } from './slots.ts';

/** The pool of a cycle that is measured beside HTCondor's: static slots of one core, all different in what jobs read. */
export interface CycleSizes {
  readonly slots: number;
  readonly autoclusters: number;
  readonly jobsOfEach: number;
}

const attributesOf = (number: number): Readonly<Record<string, string>> => ({
  MyType: '"Machine"',
  Machine: `"node${number}"`,
  Arch: '"X86_64"',
  OpSys: '"LINUX"',
  OpSysAndVer: number % 2 === 0 ? '"Debian12"' : '"AlmaLinux9"',
  Cpus: '1',
  TotalSlotCpus: '1',
  Memory: String(2000 + number),
  Disk: String(10_000_000 + 1000 * number),
  GPUs: '0',
  HasFileTransfer: 'true',
  CondorVersion: '"$CondorVersion: 25.14.1 2026-09-01 BuildID: x $"',
  Location: `"site${number % 40}"`,
  Speed: String(number),
  Start: 'true',
  Requirements:
    'Start && TARGET.RequestCpus <= MY.Cpus && TARGET.RequestMemory <= MY.Memory && TARGET.RequestDisk <= MY.Disk',
});

/** What only HTCondor's negotiator asks of a slot's ad. */
const condorOnly = (number: number): Readonly<Record<string, string>> => ({
  Name: `"slot${number}@node${number}"`,
  MyAddress: '"<127.0.0.1:9>"',
  StartdIpAddr: '"<127.0.0.1:9>"',
  State: '"Unclaimed"',
  Activity: '"Idle"',
  EnteredCurrentState: '1700000000',
  SlotWeight: '1',
  SlotID: '1',
  Rank: '0.0',
  CurrentRank: '0.0',
  WantClaiming: 'false',
});

/** The ads for condor_advertise, in the old syntax. */
export const condorSlots = ({ slots }: Pick<CycleSizes, 'slots'>): string =>
  Array.from({ length: slots }, (_, number) =>
    Object.entries({ ...attributesOf(number), ...condorOnly(number) })
      .map(([name, text]) => `${name} = ${text}\n`)
      .join(''),
  ).join('\n');

export const cycleSlots = ({ slots }: CycleSizes): MeasuredSlot[] =>
  Array.from({ length: slots }, (_, number) => {
    const uid = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
    const slot = ClassAd.fromTexts(attributesOf(number)).toTexts();
    const hello = JSON.stringify({
      type: 'hello',
      protocol: protocolVersion,
      uid,
      name: `pilot-${number}`,
      group: 'group',
      site: 'here',
      slot,
      retireIn: 86_400,
      draining: false,
      claims: [],
    });
    return { uid, hello: () => hello, taken: undefined };
  });

/** Each autocluster fits all slots but the slowest ones and half of those at one place, and wants the slowest that is left. */
const linesWith = (memory: string, least: string, place: string): string[] => [
  'request_cpus = 1',
  `request_memory = ${memory} MB`,
  'request_disk = 10 MB',
  `requirements = TARGET.Speed >= ${least} && (TARGET.OpSysAndVer == "Debian12" || TARGET.Location =!= "site${place}")`,
  'rank = -TARGET.Speed',
];

/** What tells an autocluster from the others. */
function valuesOf(number: number, { slots, autoclusters }: CycleSizes): [string, string, string] {
  const least = Math.floor((0.8 * slots * number) / autoclusters);
  return [String(900 + number), String(least), String(number % 40)];
}

const head = ['executable = /bin/true', 'should_transfer_files = IF_NEEDED'];

/** One submit file with one queue statement. */
export function condorSubmit(sizes: CycleSizes): string {
  const { autoclusters, jobsOfEach } = sizes;
  const items = Array.from({ length: autoclusters }, (_, number) => valuesOf(number, sizes).join(' '));
  const lines = linesWith('$(memory)', '$(least)', '$(place)');
  return `${[...head, ...lines, `queue ${jobsOfEach} memory,least,place from (`, ...items, ')'].join('\n')}\n`;
}

export function* cycleClusters(sizes: CycleSizes): Generator<MeasuredCluster> {
  for (let number = 0; number < sizes.autoclusters; number += 1) {
    const text = `${[...head, ...linesWith(...valuesOf(number, sizes)), `queue ${sizes.jobsOfEach}`].join('\n')}\n`;
    const owner = 'alice';
    const expanded = parseSubmit(text, {
      file: 'bench.sub',
      owner,
      directory: '/home/alice',
      now: 0,
      readFile: () => undefined,
      environment: {},
      random: Math.random,
    });
    const procs = Array.from(eachProc(expanded), ({ attributes }) => ({ attributes, inputs: [] }));
    yield { owner, ad: { ...expanded.cluster }, procs };
  }
}
