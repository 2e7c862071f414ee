import { references } from '#classad/references.ts';
import { containerCommands, imageClauses } from './container.ts';
import { customRequests } from './custom-requests.ts';
import { pluginMethods } from './files.ts';
import type { GivenValue, Producer, Read } from './given-value.ts';
import { gpuWishes, requireGpus } from './gpus.ts';

/** What the payload is made for, in the words of slot ads: `X86_64` and `LINUX`. */
export interface Platform {
  readonly arch: string;
  readonly opsys: string;
}

/** Since this version execution points look after disk themselves. */
const diskClause = '(versionGE(split(TARGET.CondorVersion)[1],"25.12.0") || (TARGET.Disk >= RequestDisk))';
/** Since this version file transfer can keep folders and wait for success. */
const transferVersion = 'versioncmp(split(TARGET.CondorVersion)[1],"8.9.7") >= 0';

/**
 * Requirements as condor_submit makes them: the user's expression, then a clause for each thing that the job needs, unless
 * the user's expression already asks for that attribute of the slot.
 */
export function requirements(platform: Platform): Producer {
  return {
    reads: [
      'requirements',
      'request_cpus',
      'request_memory',
      'request_gpus',
      'should_transfer_files',
      'when_to_transfer_output',
      'transfer_input_files',
      ...gpuWishes,
      ...containerCommands,
      ...customRequests.commands,
    ],
    make(read) {
      const user = read('requirements');
      const asked = namesAsked(user);
      const clauses = [
        ...(user === undefined ? [] : [`(${user.expression()})`]),
        ...platformClauses(read, platform, asked),
        ...resourceClauses(read, asked),
        ...transferClauses(read, asked),
      ];
      return { Requirements: clauses.join(' && ') };
    },
  };
}

/** The attributes, in lower case, that the user's expression reads in the slot. */
function namesAsked(user: GivenValue | undefined): ReadonlySet<string> {
  if (user === undefined) return new Set();
  const { target, bare } = references(user.parsed());
  return new Set([...target, ...bare]);
}

function platformClauses(read: Read, { arch, opsys }: Platform, asked: ReadonlySet<string>): string[] {
  const image = imageClauses(read);
  const namesSystem = [...asked].some((name) => name.startsWith('opsys'));
  return [
    ...(asked.has('arch') ? [] : [`(TARGET.Arch == "${arch}")`]),
    // An image brings its own system along.
    ...(image !== undefined || namesSystem ? [] : [`(TARGET.OpSys == "${opsys}")`]),
    ...(image ?? []),
  ];
}

function resourceClauses(read: Read, asked: ReadonlySet<string>): string[] {
  const memory = read('request_memory')?.text.toLowerCase() !== 'undefined';
  const cpus = read('request_cpus')?.text ?? '1';
  const clauses = [asked.has('disk') ? '(TARGET.Disk >= RequestDisk)' : diskClause];
  if (memory) clauses.push('(TARGET.Memory >= RequestMemory)');
  if (cpus !== '1' && !asked.has('cpus')) clauses.push('(TARGET.Cpus >= RequestCpus)');
  for (const [tag] of customRequests.given(read)) {
    if (!asked.has(tag.toLowerCase())) clauses.push(`(TARGET.${tag} >= Request${tag})`);
  }
  if (read('request_gpus') === undefined || asked.has('gpus')) return clauses;
  const each = requireGpus(read) !== undefined;
  return [
    ...clauses,
    each
      ? '(countMatches(MY.RequireGPUs,TARGET.AvailableGPUs) >= RequestGPUs)'
      : '(TARGET.GPUs >= RequestGPUs)',
  ];
}

function transferClauses(read: Read, asked: ReadonlySet<string>): string[] {
  if (asked.has('hasfiletransfer')) return [];
  const success = read('when_to_transfer_output')?.unquoted().toUpperCase() === 'ON_SUCCESS';
  const methods = pluginMethods(read).map(
    (method) => `stringListIMember("${method}",TARGET.HasFileTransferPluginMethods)`,
  );
  const able = ['TARGET.HasFileTransfer', ...(success ? [transferVersion] : []), ...methods].join(' && ');
  const always = read('should_transfer_files')?.unquoted().toUpperCase() === 'YES';
  if (always || asked.has('filesystemdomain')) return [`(${able})`];
  return [`((TARGET.FileSystemDomain == MY.FileSystemDomain) || (${able}))`];
}
