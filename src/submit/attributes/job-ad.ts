import type { Platform } from '../language/macro-world.ts';
import { accounting } from './accounting.ts';
import { jobArguments } from './arguments.ts';
import { checkpoints } from './checkpoints.ts';
import { type SubmitCommand, submitCommands } from './commands.ts';
import { concurrencyLimits } from './concurrency-limits.ts';
import { container } from './container.ts';
import { type CustomRequest, customProducers } from './custom-requests.ts';
import { jobEnvironment } from './environment.ts';
import { sizes } from './file-sizes.ts';
import { type Attributes, type Producer, quote } from './given-value.ts';
import { gpus } from './gpus.ts';
import { hold, lease } from './hold-and-lease.ts';
import { signals } from './kill-signals.ts';
import { memoryRetries } from './memory-retries.ts';
import { notification } from './notification.ts';
import { outputRemaps } from './output-remaps.ts';
import { type ProxyWorld, proxy } from './proxy.ts';
import { requirements } from './requirements.ts';
import { requests } from './resource-requests.ts';
import { retries } from './retries.ts';
import { streams } from './standard-streams.ts';
import { fileProducers } from './transfer-files.ts';

/** Attributes that are the same for every job of a submission. `now` is in seconds since the epoch, `file` names the submit file. */
export function constantAttributes({
  owner,
  now,
  file,
}: {
  owner: string;
  now: number;
  file: string;
}): Attributes {
  return {
    MyType: quote('Job'),
    TargetType: quote('Machine'),
    Owner: quote(owner),
    User: quote(owner),
    QDate: String(Math.floor(now)),
    EnteredCurrentStatus: String(Math.floor(now)),
    JobSubmitFile: quote(file),
    JobSubmitMethod: '0',
    ...Object.fromEntries(countersFromZero.map((name) => [name, '0'])),
    ...Object.fromEntries(realsFromZero.map((name) => [name, '0.0'])),
    ExitBySignal: 'false',
    MinHosts: '1',
    MaxHosts: '1',
  };
}

/** Counters of what a job has done so far. */
const countersFromZero = [
  'NumCkpts',
  'NumJobStarts',
  'NumJobCompletions',
  'NumRestarts',
  'NumSystemHolds',
  'CurrentHosts',
  'ExitStatus',
  'TotalSuspensions',
  'LastSuspensionTime',
  'CommittedTime',
  'CommittedSlotTime',
  'CommittedSuspensionTime',
  'CumulativeSlotTime',
  'CumulativeSuspensionTime',
];
const realsFromZero = [
  'RemoteWallClockTime',
  'RemoteSysCpu',
  'RemoteUserCpu',
  'CumulativeRemoteSysCpu',
  'CumulativeRemoteUserCpu',
];

/** The attribute of a command that is fully described by its kind. */
function simple(command: SubmitCommand, attribute: string): Producer {
  return {
    reads: [command.name],
    make(read) {
      const value = read(command.name);
      if (value === undefined) return command.default === undefined ? {} : { [attribute]: command.default };
      switch (command.kind) {
        case 'text':
        case 'path':
          return { [attribute]: quote(value.unquoted()) };
        case 'integer':
          return { [attribute]: value.integer() };
        case 'boolean':
          return { [attribute]: String(value.boolean()) };
        case 'expression':
          return { [attribute]: value.expression() };
        case 'special':
        case 'ignored':
        case 'refused':
          return {};
      }
    },
  };
}

/** All producers, which make attributes from commands. */
export function jobProducers(
  options: ProxyWorld & {
    readonly owner: string;
    readonly file: string;
    readonly platform?: Platform;
    readonly custom: readonly CustomRequest[];
    readonly sizeOf?: (path: string) => number | undefined;
  },
): Producer[] {
  const simpleOnes = submitCommands.flatMap((command) =>
    command.attribute === undefined || command.kind === 'special' ? [] : [simple(command, command.attribute)],
  );
  return [
    ...simpleOnes,
    ...fileProducers(options.directory),
    outputRemaps,
    ...streams(options.directory),
    proxy(options, options.sizeOf),
    sizes(options),
    jobArguments,
    jobEnvironment(options.environment),
    container,
    ...requests,
    requirements(options.platform ?? { arch: 'X86_64', opsys: 'LINUX' }, options.custom),
    ...customProducers(options.custom),
    ...gpus,
    notification,
    retries,
    memoryRetries,
    checkpoints,
    hold,
    lease,
    accounting(options.owner),
    concurrencyLimits,
    ...signals,
  ];
}
