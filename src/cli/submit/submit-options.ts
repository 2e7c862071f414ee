import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { GlideinError } from '#base/error.ts';
import { quoteNew } from '#classad/string-literal.ts';
import type { CommandLine } from '#submit/command-line.ts';
import { isQueue } from '#submit/language/queue-statement.ts';

/** What a command line of `glidein submit` asks for. */
export interface SubmitLine {
  /** The submit file, `-` for standard input; undefined when the command line is everything. */
  readonly file: string | undefined;
  readonly commandLine: CommandLine;
  /** Where a dry run writes the ads, `-` for standard output; undefined when jobs are to be queued. */
  readonly dryRun: string | undefined;
  readonly output: 'text' | 'json';
  readonly show: 'sentence' | 'terse' | 'verbose';
  /** 0 for no limit. */
  readonly mostJobs: number;
  /** Whether to leave out warnings about names that nothing uses. */
  readonly unused: boolean;
  readonly allowCrlf: boolean;
}

/** The options of condor_submit, with two dashes; `translateWords` handles those with one. */
export function addSubmitOptions(command: Command): Command {
  return command
    .argument('[words...]', 'macros as NAME=VALUE, and the submit file; standard input if it is - or absent')
    .usage('[options] [NAME=VALUE]... [FILE]')
    .option('--file <file>', 'the submit file; needed if its name contains =')
    .option('-a, --append <line>', 'a line to insert just before queue, which wins over the file', collect)
    .option('--queue <items>', 'what follows queue, for a file without a queue statement')
    .option('--batch-name <name>', "the jobs' batch name, whatever the file says")
    .option('--batch-id <name>', "the jobs' JobBatchId, whatever the file says")
    .option('--maxjobs <number>', 'queue nothing when there are more jobs than this; 0 for no limit')
    .option('--single-cluster', 'accepted: the jobs of a file always form one cluster')
    .option('--spool', 'accepted: inputs always travel to the pool')
    .option('--unused', 'do not warn about names that nothing uses or defines')
    .option('--allow-crlf-script', 'warn about a script with DOS line ends instead of refusing it')
    .addOption(new Option('--terse', 'print only the first and the last job: 7.0 - 7.9').conflicts('verbose'))
    .option('--verbose', 'print the ads of the queued jobs too')
    .option(
      '--dry-run [=file]',
      'print the job ads, or write them to a file, and queue nothing; needs no pool',
    )
    .addOption(
      new Option(
        '-o, --output <text|json>',
        'with --dry-run: ads in the old syntax, or an array for programs',
      ).choices(['text', 'json']),
    );
}

const collect = (line: string, before: readonly string[] = []): string[] => [...before, line];

interface Flags {
  readonly file?: string;
  readonly append?: readonly string[];
  readonly queue?: string;
  readonly batchName?: string;
  readonly batchId?: string;
  readonly maxjobs?: string;
  readonly unused?: boolean;
  readonly allowCrlfScript?: boolean;
  readonly terse?: boolean;
  readonly verbose?: boolean;
  readonly dryRun?: string | true;
  readonly output?: 'text' | 'json';
}

/** @throws GlideinError InvalidArgument for what does not go together */
export function readSubmitLine(words: readonly string[], flags: Flags, directory: string): SubmitLine {
  const macros = words.filter((word) => word.includes('='));
  const dryRun = flags.dryRun === true ? '-' : flags.dryRun;
  const file = fileOf([...words.filter((word) => !word.includes('=')), ...optional(flags.file)], dryRun);
  const { queue, append } = appendedLines(flags);
  const saysAll = queue !== undefined && macros.length + (flags.append ?? []).length > 0;
  checkDryRun(dryRun, file, flags, directory);
  return {
    file: file ?? (saysAll ? undefined : '-'),
    commandLine: { macros, append, ...(queue !== undefined && { queue }) },
    dryRun,
    output: flags.output ?? 'text',
    show: showOf(flags),
    mostJobs: numberOf(flags.maxjobs),
    unused: flags.unused === true,
    allowCrlf: flags.allowCrlfScript === true,
  };
}

function showOf({ terse, verbose }: Flags): SubmitLine['show'] {
  if (terse === true) return 'terse';
  return verbose === true ? 'verbose' : 'sentence';
}

function checkDryRun(
  dryRun: string | undefined,
  file: string | undefined,
  flags: Flags,
  directory: string,
): void {
  if (dryRun !== undefined && dryRun !== '-') refuseSameFile(dryRun, file, directory);
  if (flags.output === undefined || dryRun !== undefined) return;
  throw invalid('--output is for --dry-run', 'leave it out, or add --dry-run');
}

const optional = (word: string | undefined): string[] => (word === undefined ? [] : [word]);

const invalid = (message: string, cure: string): GlideinError =>
  new GlideinError('InvalidArgument', message, { cure });

function fileOf(files: readonly string[], dryRun: string | undefined): string | undefined {
  // `--dry-run - FILE` is how some write that the ads are to be printed.
  const named = dryRun === '-' && files.length > 1 ? files.filter((file) => file !== '-') : files;
  const [file, other] = named;
  if (other === undefined) return file;
  throw invalid(
    `${file} and ${other} are two submit files`,
    dryRun === '-'
      ? 'submit one at a time; the ads go to a file with --dry-run=FILE'
      : 'submit one at a time',
  );
}

function appendedLines(flags: Flags): { queue: string | undefined; append: string[] } {
  const lines = flags.append ?? [];
  const queues = [
    ...(flags.queue === undefined ? [] : [`queue ${flags.queue}`]),
    ...lines.filter((line) => isQueue(line.trim())),
  ];
  if (queues.length > 1) throw invalid('-queue is there twice', 'write one queue statement');
  const append = lines.filter((line) => !isQueue(line.trim()));
  if (flags.batchName !== undefined) append.push(`MY.JobBatchName = ${text(flags.batchName)}`);
  if (flags.batchId !== undefined) append.push(`MY.JobBatchId = ${text(flags.batchId)}`);
  return { queue: queues[0], append };
}

/** A name in quotes already is a ClassAd string. */
const text = (name: string): string => (name.startsWith('"') ? name : quoteNew(name));

function numberOf(written: string | undefined): number {
  if (written === undefined) return 0;
  if (!/^(-1|\d{1,9})$/.test(written))
    throw invalid(`-maxjobs: "${written}" is not a number`, 'write a number, or 0 for no limit');
  return Math.max(0, Number(written));
}

function refuseSameFile(dryRun: string, file: string | undefined, directory: string): void {
  if (file === undefined) {
    throw invalid(
      `no submit file is named: -dry-run takes ${dryRun} for the file to write the ads to`,
      `write -dry-run - FILE to see the ads of FILE, or -dry-run ${dryRun} - to read standard input`,
    );
  }
  if (resolve(directory, dryRun) === resolve(directory, file)) {
    throw invalid(
      `-dry-run would write the ads over the submit file ${file}`,
      'name another file, or write -',
    );
  }
}
