import { setTimeout as sleep } from 'node:timers/promises';
import { CentralManager } from './central-manager.ts';
import { nameOf, type SharedPool, sharingUsers } from './shared-pool.ts';

const patience = 60_000;

/** How many slots each submitter gets of this pool in one cycle of HTCondor's negotiator. */
export async function sharedByHtcondor(root: string, pool: SharedPool): Promise<Map<string, number>> {
  await using manager = await CentralManager.start({ root, users: sharingUsers, more: settingsOf(pool) });
  for (const sharer of pool.sharers) {
    const { user, group, jobs, factor, priority } = sharer;
    const name = `${nameOf(sharer)}@local`;
    await manager.run('root', ['condor_userprio', '-setfactor', name, String(factor)]);
    await manager.run('root', ['condor_userprio', '-setprio', name, String(priority)]);
    const charged =
      group === undefined ? [] : [`accounting_group = ${group}`, `accounting_group_user = ${user}`];
    // Held, so that no cycle begins before all are there.
    const lines = [
      'executable = /bin/true',
      'request_memory = 1',
      'request_disk = 1',
      ...charged,
      'hold = true',
    ];
    await manager.submit(user, `${[...lines, `queue ${jobs}`].join('\n')}\n`);
  }
  await manager.advertise(Array.from({ length: pool.slots }, (_, number) => slotAd(number)).join('\n'));
  await manager.run('root', ['condor_release', '-all']);
  const until = performance.now() + patience;
  for (;;) {
    const log = await manager.log('NegotiatorLog');
    const [last = ''] = log.split('Started Negotiation Cycle').slice(-1);
    const [, submitters = '0'] = / include (\d+) submitter/.exec(last) ?? [];
    if (last.includes('Finished Negotiation Cycle') && submitters !== '0') {
      if (Number(submitters) !== pool.sharers.length)
        throw new Error(`the cycle knew ${submitters} of ${pool.sharers.length} submitters`);
      return matchesIn(await manager.log('MatchLog'), pool);
    }
    if (performance.now() > until) throw new Error(`HTCondor has not matched anything: ${log.slice(-2000)}`);
    await sleep(200);
  }
}

function settingsOf({ groups }: SharedPool): string {
  const lines = [
    'NEGOTIATOR_INTERVAL = 36000',
    // Otherwise what groups within a group may use counts twice, and all quotas together are more than there are slots.
    'NEGOTIATOR_ALLOW_QUOTA_OVERSUBSCRIPTION = False',
  ];
  if (groups.length > 0) lines.push(`GROUP_NAMES = ${groups.map(({ name }) => name).join(', ')}`);
  for (const { name, quota, surplus } of groups)
    lines.push(
      `GROUP_QUOTA_${name} = ${quota}`,
      `GROUP_ACCEPT_SURPLUS_${name} = ${surplus ? 'True' : 'False'}`,
    );
  return `${lines.join('\n')}\n`;
}

const slotAd = (number: number): string =>
  [
    'MyType = "Machine"',
    `Name = "slot${number}@node${number}"`,
    `Machine = "node${number}"`,
    'MyAddress = "<127.0.0.1:9>"',
    'StartdIpAddr = "<127.0.0.1:9>"',
    'State = "Unclaimed"',
    'Activity = "Idle"',
    'EnteredCurrentState = 1700000000',
    'Arch = "X86_64"',
    'OpSys = "LINUX"',
    'Cpus = 1',
    'SlotWeight = 1',
    'SlotID = 1',
    'Memory = 2000',
    'Disk = 10000000',
    'HasFileTransfer = true',
    'CondorVersion = "$CondorVersion: 25.14.1 2026-09-01 BuildID: x $"',
    'WantClaiming = false',
    'Start = true',
    'Requirements = Start && TARGET.RequestCpus <= MY.Cpus && TARGET.RequestMemory <= MY.Memory',
    'Rank = 0.0',
    'CurrentRank = 0.0',
    '',
  ].join('\n');

function matchesIn(log: string, { sharers }: SharedPool): Map<string, number> {
  const shares = new Map(sharers.map((sharer) => [nameOf(sharer), 0]));
  for (const [, name = ''] of log.matchAll(/ Matched \S+ (\S+)@local /g))
    shares.set(name, (shares.get(name) ?? 0) + 1);
  return shares;
}
