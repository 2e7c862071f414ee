import { setImmediate as nextTurn } from 'node:timers/promises';
import { Slices } from '#pool/why/slices.ts';
import { why } from '#pool/why/why.ts';
import { slotTexts, submitOf } from '#testing/ads.ts';
import { report } from '#testing/figures.ts';
import { TestPool } from '#testing/test-pool.ts';
import { submitAnswer } from '#wire/jobs.ts';
import { protocolVersion } from '#wire/protocol.ts';

/**
 * What the answer to `glidein why` costs the pool with 10,000 registered pilots and 1,000 groups, in CPU: its whole time, and
 * the longest time for which nobody else gets a turn.
 */
const pilots = 10_000;
const groups = 1_000;
const rounds = 5;

const typical = slotTexts({
  ...Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`Machine_${index}`, '"some text"'])),
  Arch: '"X86_64"',
  OpSys: '"LINUX"',
  HasFileTransfer: 'true',
  Memory: '16384',
  Cpus: '8',
  Start:
    '(TARGET.Experiment is undefined || TARGET.Experiment == "cms") && TARGET.RequestCpus <= 8 && TARGET.RequestMemory > 0',
});

const requirements =
  '(TARGET.Arch == "X86_64") && (TARGET.OpSys == "LINUX") && (TARGET.Disk >= RequestDisk) && (TARGET.Memory >= RequestMemory) && (TARGET.Cpus >= RequestCpus) && (TARGET.HasFileTransfer)';

const pool = await TestPool.start({ leaseSeconds: 3600 });
const connection = { send: () => undefined, sendPrinted: () => undefined, close: () => undefined };
for (let index = 0; index < pilots; index += 1) {
  const pilot = pool.core.collector.register(
    {
      type: 'hello',
      protocol: protocolVersion,
      uid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      name: `pilot-${index}`,
      group: `group-${index % 100}`,
      site: 'here',
      slot: { ...typical, Machine: `"node-${index % 997}"`, Site: `"site-${index % 100}"` },
      retireIn: 86_400,
      draining: false,
      claims: [],
    },
    connection,
  );
  // As if other jobs used some of it.
  pilot.take(`claim-${index}`, { cpus: 8 - (index % 2), memory: 128 * (index % 50), disk: 0, gpus: 0 });
}
pool.core.bidders.put('here', {
  groups: Array.from({ length: groups }, (_, index) => ({
    name: `group-${index}`,
    template: { ...typical, Site: `"site-${index}"` },
    wanted: 1,
    decision: '1 job waits: 1 more pilot',
    limits: [],
    phases: {},
  })),
  pilots: [],
  waitSeconds: 0,
});

/** Milliseconds of CPU that this thread has used: other work on the machine does not count. */
const cpu = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

const cases = {
  'too much memory': { RequestMemory: '100000', Requirements: requirements },
  'all slots in use': { RequestCpus: '2', Requirements: requirements },
  'requirements that tell sites apart': {
    RequestMemory: '100000',
    Requirements: `${requirements} && TARGET.Site != "site-1"`,
  },
  'requirements that tell all slots apart': {
    RequestMemory: '100000',
    Requirements: `${requirements} && TARGET.Name != "pilot-1"`,
  },
  'an expression that takes long': {
    RequestMemory: '100000',
    Requirements: `size(TARGET.Name) > 0 && ${Array.from({ length: 300 }, (_, index) => `TARGET.Machine_${index % 20} != "${index}"`).join(' && ')}`,
  },
};

for (const [name, ad] of Object.entries(cases)) {
  const { cluster } = await pool
    .client('submitter', 'alice')
    .json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(1, ad) });
  const job = pool.core.queue.find({ cluster, proc: 0 });
  if (job === undefined) throw new Error('the job is not in the queue');
  let whole = Number.POSITIVE_INFINITY;
  let longest = Number.POSITIVE_INFINITY;
  let said = '';
  for (let round = 0; round < rounds; round += 1) {
    const cost = { all: 0, longest: 0 };
    let began = cpu();
    const count = () => {
      const spent = cpu() - began;
      cost.all += spent;
      cost.longest = Math.max(cost.longest, spent);
    };
    const turn = async () => {
      count();
      await nextTurn();
      began = cpu();
    };
    said = (await why(pool.core, job, new Slices({ turn }))).summary;
    count();
    whole = Math.min(whole, cost.all);
    longest = Math.min(longest, cost.longest);
  }
  const conditions = `${pilots} pilots, ${groups} groups, best of ${rounds}; ${said.slice(0, 120)}`;
  report({
    name: `why, ${name}: CPU of the pool`,
    figure: whole,
    unit: 'ms',
    aim: 100,
    better: 'lower',
    baseline: null,
    conditions,
  });
  report({
    name: `why, ${name}: longest slice`,
    figure: longest,
    unit: 'ms',
    aim: 15,
    better: 'lower',
    baseline: null,
    conditions,
  });
}
await pool.destroy();
