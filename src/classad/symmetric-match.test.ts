import { describe, expect, test } from 'vitest';
import { ClassAd } from './class-ad.ts';
import { parseAd } from './parser.ts';
import { symmetricMatch } from './symmetric-match.ts';

const job = ClassAd.fromTexts({
  RequestCpus: '1',
  RequestMemory: '2048',
  RequestDisk: '1024',
  RequestGPUs: '1',
  RequireGPUs: 'Capability >= 7.5',
  Requirements:
    '(TARGET.Arch == "X86_64") && (TARGET.OpSys == "LINUX") && (versionGE(split(TARGET.CondorVersion)[1],"25.12.0") || (TARGET.Disk >= RequestDisk)) && (TARGET.Memory >= RequestMemory) && (TARGET.Cpus >= RequestCpus) && (countMatches(MY.RequireGPUs,TARGET.AvailableGPUs) >= RequestGPUs) && TARGET.HasFileTransfer',
});

function slot(changes: Record<string, string> = {}): ClassAd {
  return ClassAd.fromTexts({
    Arch: '"X86_64"',
    OpSys: '"LINUX"',
    Cpus: '4',
    Memory: '8192',
    Disk: '100000',
    HasFileTransfer: 'true',
    CondorVersion: '"$CondorVersion: 25.14.1 2026-09-24 BuildID: x $"',
    GPUs_1: '[ Capability = 8.0 ]',
    GPUs_2: '[ Capability = 7.0 ]',
    AvailableGPUs: '{ GPUs_1,GPUs_2 }',
    Start: 'Owner =!= "mallory"',
    WithinResourceLimits:
      'ifThenElse(TARGET._cp_orig_RequestCpus isnt undefined,TARGET.RequestCpus <= MY.Cpus,MY.Cpus > 0 && TARGET.RequestCpus <= MY.Cpus) && (TARGET.RequestMemory ?: 0) <= MY.Memory && sum(evalInEachContext(Capability + 0,AvailableGPUs)) > 1',
    Requirements: 'Start && WithinResourceLimits',
    ...changes,
  });
}

describe('symmetricMatch', () => {
  test('a generated job and a slot with the default policy match, in both orders', () => {
    expect(symmetricMatch(job, slot())).toBe(true);
    expect(symmetricMatch(slot(), job)).toBe(true);
  });

  test.each([
    ['too little memory', { Memory: '1024' }],
    ['no CondorVersion: the clause is an error', { CondorVersion: 'undefined' }],
    ['no GPU that is good enough', { AvailableGPUs: '{ GPUs_2 }' }],
    ['START says no', { Start: 'false' }],
    ['START is undefined', { Start: 'NoSuchAttribute' }],
    ['START is a string', { Start: '"true"' }],
  ])('%s', (_why, changes) => {
    expect(symmetricMatch(job, slot(changes))).toBe(false);
  });

  test('missing Requirements are no match; a number other than zero is one', () => {
    const any = parseAd('[Requirements=true]');
    expect(symmetricMatch(any, parseAd('[]'))).toBe(false);
    expect(symmetricMatch(any, parseAd('[requirements=0.5]'))).toBe(true);
    expect(symmetricMatch(any, parseAd('[requirements=0]'))).toBe(false);
  });
});
