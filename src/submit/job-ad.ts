import { jobArguments } from './arguments.ts';
import { type SubmitCommand, submitCommands } from './commands.ts';
import { container } from './container.ts';
import { jobEnvironment } from './environment.ts';
import { fileProducers } from './files.ts';
import { type Attributes, type Producer, quote } from './given-value.ts';
import { accounting, concurrencyLimits, hold, retries } from './policy.ts';
import { requests } from './requests.ts';
import { requirements } from './requirements.ts';

/** Attributes that the pool alone sets: a submit file may not. */
export const poolAttributes: ReadonlySet<string> = new Set(
  ['ClusterId', 'ProcId', 'GlobalJobId', 'Owner', 'User', 'QDate', 'JobStatus', 'MyType', 'NumJobStarts'].map(
    (name) => name.toLowerCase(),
  ),
);

/** What is the same for every job of a submission. `now` is in seconds since the epoch. */
export function constantAttributes(owner: string, now: number): Attributes {
  const seconds = String(Math.floor(now));
  return {
    MyType: quote('Job'),
    Owner: quote(owner),
    User: quote(owner),
    QDate: seconds,
    EnteredCurrentStatus: seconds,
    CompletionDate: '0',
    NumJobStarts: '0',
    NumJobCompletions: '0',
    NumRestarts: '0',
    NumSystemHolds: '0',
    RemoteWallClockTime: '0.0',
    ExitBySignal: 'false',
    ExitStatus: '0',
    MinHosts: '1',
    MaxHosts: '1',
    CurrentHosts: '0',
  };
}

/** The attribute of a command whose kind says all about it. */
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

/** Everything that makes attributes from commands. */
export function jobProducers(options: {
  readonly owner: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}): Producer[] {
  const simpleOnes = submitCommands.flatMap((command) =>
    command.attribute === undefined || command.kind === 'special' ? [] : [simple(command, command.attribute)],
  );
  return [
    ...simpleOnes,
    ...fileProducers(options.directory),
    jobArguments,
    jobEnvironment(options.environment),
    container,
    ...requests,
    requirements,
    retries,
    hold,
    accounting(options.owner),
    concurrencyLimits,
  ];
}
