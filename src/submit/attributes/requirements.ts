import { references } from '#classad/references.ts';
import type { Platform } from '../language/macro-world.ts';
import { checkpointCommands, savesItsWork } from './checkpoints.ts';
import { containerCommands, imageClauses, isOnSubmitter } from './container.ts';
import { type CustomRequest, customClauses } from './custom-requests.ts';
import type { GivenValue, Producer, Read } from './given-value.ts';
import { gpuWishes, requireGpus } from './gpus.ts';
import { diskOf, memoryOf } from './resource-requests.ts';
import {
  ableToTransfer,
  needsNewerTransfer,
  pluginCommands,
  pluginMethods,
  shouldTransfer,
  transferCommands,
} from './transfer-files.ts';

/** Since version 25.12, execution points themselves check the disk. */
const diskClause = '(versionGE(split(TARGET.CondorVersion)[1],"25.12.0") || (TARGET.Disk >= RequestDisk))';
const plainDisk = '(TARGET.Disk >= RequestDisk)';
/** Since version 8.9.7, file transfer can keep folders and wait for success. */
const transferVersion = 'versioncmp(split(TARGET.CondorVersion)[1],"8.9.7") >= 0';

/**
 * Requirements as condor_submit makes them: the user's expression, then a clause for everything that the job needs, unless
 * the user's expression already refers to that attribute of the slot.
 */
export function requirements(platform: Platform, custom: readonly CustomRequest[]): Producer {
  return {
    reads: [
      'requirements',
      'request_cpus',
      'request_memory',
      'request_disk',
      'my.requestcpus',
      'request_gpus',
      ...transferCommands,
      ...pluginCommands,
      'preserve_relative_paths',
      'transfer_checkpoint_files',
      ...checkpointCommands,
      ...gpuWishes,
      ...containerCommands,
      ...custom.map(({ command }) => command),
    ],
    make(read) {
      const user = read('requirements');
      const asked = namesAsked(user);
      const clauses = [
        ...(user === undefined ? [] : [`(${user.expression()})`]),
        ...platformClauses(read, platform, asked),
        ...resourceClauses(read, asked, custom),
        ...transferClauses(read, asked),
        ...(savesItsWork(read) && !asked.has('hasselfcheckpointtransfers')
          ? ['TARGET.HasSelfCheckpointTransfers']
          : []),
      ];
      return { Requirements: clauses.join(' && ') };
    },
  };
}

/** The attributes, in lower case, that the user's expression refers to in any scope. */
function namesAsked(user: GivenValue | undefined): ReadonlySet<string> {
  if (user === undefined) return new Set();
  const { my, target, bare } = references(user.parsed());
  return new Set([...my, ...target, ...bare]);
}

/** Attributes that identify the operating system as OpSys does; OpSysVer and OpSysMajorVer alone do not. */
const systemNames = ['opsys', 'opsysandver', 'opsyslegacy', 'opsysname', 'opsysshortname', 'opsyslongname'];

function platformClauses(read: Read, { arch, opsys }: Platform, asked: ReadonlySet<string>): string[] {
  const image = imageClauses(read);
  const namesSystem = systemNames.some((name) => asked.has(name));
  return [
    ...(asked.has('arch') ? [] : [`(TARGET.Arch == "${arch}")`]),
    // An image contains its own operating system.
    ...(image !== undefined || namesSystem ? [] : [`(TARGET.OpSys == "${opsys}")`]),
    ...(image ?? []),
  ];
}

function resourceClauses(read: Read, asked: ReadonlySet<string>, custom: readonly CustomRequest[]): string[] {
  const isNone = (command: string): boolean => read(command)?.text.toLowerCase() === 'undefined';
  const cpus = (read('my.requestcpus') ?? read('request_cpus'))?.text ?? '1';
  const memory = read('request_memory');
  const asksMemory = !isNone('request_memory') && !(memory !== undefined && /^[01]$/.test(memoryOf(memory)));
  return [
    ...diskClauses(read, asked),
    // Every slot has one core and one MiB, so a request for no more needs no clause.
    ...(asksMemory ? ['(TARGET.Memory >= RequestMemory)'] : []),
    ...(/^[01]$/.test(cpus) || isNone('request_cpus') || asked.has('cpus')
      ? []
      : ['(TARGET.Cpus >= RequestCpus)']),
    ...gpuClauses(read, asked),
    ...customClauses(custom, read, asked),
  ];
}

function diskClauses(read: Read, asked: ReadonlySet<string>): string[] {
  const disk = read('request_disk');
  if (disk?.text.toLowerCase() === 'undefined') return ['(TARGET.Disk >= DiskUsage)'];
  if (asked.has('disk') || isOnSubmitter(read)) return [plainDisk];
  return disk !== undefined && diskOf(disk) === '0' ? [] : [diskClause];
}

function gpuClauses(read: Read, asked: ReadonlySet<string>): string[] {
  const count = read('request_gpus')?.text ?? '0';
  if (count === '0' || count.toLowerCase() === 'undefined' || asked.has('gpus')) return [];
  const each = requireGpus(read) !== undefined;
  return [
    each
      ? '(countMatches(MY.RequireGPUs,TARGET.AvailableGPUs) >= RequestGPUs)'
      : '(TARGET.GPUs >= RequestGPUs)',
  ];
}

function transferClauses(read: Read, asked: ReadonlySet<string>): string[] {
  if (asked.has('hasfiletransfer') || isOnSubmitter(read)) return [];
  const word = shouldTransfer(read);
  const sameFiles = '(TARGET.FileSystemDomain == MY.FileSystemDomain)';
  if (word === 'NO') return asked.has('filesystemdomain') ? [] : [sameFiles];
  const methods = asked.has('hasfiletransferpluginmethods')
    ? []
    : pluginMethods(read).map(
        (method) => `stringListIMember("${method}",TARGET.HasFileTransferPluginMethods)`,
      );
  const able = [
    ableToTransfer(read),
    ...(needsNewerTransfer(read) ? [transferVersion] : []),
    ...methods,
  ].join(' && ');
  if (word === 'YES' || asked.has('filesystemdomain')) return [`(${able})`];
  return [`(${sameFiles} || (${able}))`];
}
