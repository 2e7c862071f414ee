import { expect, it } from 'vitest';
import { printAd } from '#classad/print.ts';
import { machineAd, startedAd } from './claimed-slot.ts';
import { noServices } from './discovery.ts';

const claimed = {
  slot: 'slot1_2',
  resources: { cpus: 1, memory: 64, disk: 1000, gpus: 1 },
  gpus: [3],
  scratch: '/srv',
  pilot: { Name: '"pilot-1"', Cpus: '8', Memory: '8192', PartitionableSlot: 'true', Site: '"north"' },
  deadline: 0,
  services: noServices,
};

it('the ad of a claimed slot says what the job was given, not what the pilot has', () => {
  const lines = printAd(machineAd(claimed), 'old').split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'Name = "slot1_2@pilot-1"',
      'Cpus = 1',
      'Memory = 64',
      'Disk = 1000',
      'SlotType = "Dynamic"',
      'AssignedGPUs = "3"',
      'Site = "north"',
    ]),
  );
  expect(lines.join('\n')).not.toContain('PartitionableSlot');
});

it('the ad of a job that starts says where and when it runs, and keeps what was submitted', () => {
  const ad = startedAd({ Cmd: '"x"', Iwd: '"/home/alice"', RequestMemory: 'MY.Base * 2' }, claimed, 17, 2);
  expect(printAd(ad, 'old').split('\n')).toEqual(
    expect.arrayContaining([
      'Cmd = "x"',
      'Iwd = "/srv"',
      'OrigIwd = "/home/alice"',
      'RequestMemory = MY.Base * 2',
      'JobStatus = 2',
      'NumShadowStarts = 2',
      'JobCurrentStartDate = 17',
      'RemoteHost = "slot1_2@pilot-1"',
      'MemoryProvisioned = 64',
    ]),
  );
});
