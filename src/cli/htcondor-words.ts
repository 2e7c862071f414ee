import { GlideinError } from '#base/error.ts';

/** What to use instead of HTCondor's programs, and of words that people try first. */
const commands: ReadonlyMap<string, string> = new Map([
  ['condor_submit', '`glidein submit`'],
  ['condor_q', '`glidein q`'],
  ['condor_status', '`glidein status --slots`'],
  ['condor_history', '`glidein history`'],
  ['condor_rm', '`glidein rm`'],
  ['condor_hold', '`glidein hold`'],
  ['condor_release', '`glidein release`'],
  ['condor_wait', '`glidein wait JOB`'],
  ['condor_tail', '`glidein logs -f JOB`'],
  ['condor_transfer_data', '`glidein fetch JOB`'],
  ['condor_submit_dag', '`glidein submit` for each step, and `glidein wait` between them'],
  ['condor_qedit', '`glidein rm`, and submit the changed file'],
  ['condor_prio', '`glidein prio`'],
  ['condor_userprio', '`glidein userprio`'],
  ['condor_drain', '`glidein drain`'],
  ['condor_top', '`glidein top`'],
  ['condor_off', '`glidein drain`'],
  ['condor_ssh_to_job', '`glidein ssh JOB`'],
  ['condor_version', '`glidein --version`'],
  ['tail', '`glidein logs -f JOB`'],
  ['qedit', '`glidein rm`, and submit the changed file'],
  ['analyze', '`glidein why JOB`'],
  ['list', '`glidein q`'],
  ['ls', '`glidein q`'],
  ['remove', '`glidein rm`'],
  ['cancel', '`glidein rm`'],
  ['kill', '`glidein rm`'],
  ['start', '`glidein up -f DIR`'],
  ['stop', 'Ctrl-C where `glidein up` runs'],
  ['down', 'Ctrl-C where `glidein up` runs'],
  ['version', '`glidein --version`'],
]);

/** @throws GlideinError InvalidArgument for a program of HTCondor, naming the command that does the same here */
export function refuseForeignCommand(word: string | undefined): void {
  const instead = word === undefined ? undefined : commands.get(word);
  if (instead === undefined) return;
  throw new GlideinError('InvalidArgument', `there is no command ${word}`, { cure: `use ${instead}` });
}

const inState = (number: number) => `write --constraint 'JobStatus == ${number}'`;

/** Options of HTCondor's programs that do not exist here, and what to write instead. */
const options: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  q: {
    hold: inState(5),
    held: inState(5),
    run: inState(2),
    idle: inState(1),
    nobatch: 'leave it out: each job always has a line of its own',
    allusers: 'leave it out: the jobs of all users are listed',
    all: 'leave it out: the jobs of all users are listed',
    submitter: 'write --owner USER',
    analyze: 'use `glidein why JOB`',
    'better-analyze': 'use `glidein why JOB`',
    long: 'write -o json',
    json: 'write -o json',
    wide: 'write -o wide',
    totals: 'leave it out: the totals are printed below the list',
    format: 'write --af ATTRIBUTE…',
    autoformat: 'write --af ATTRIBUTE…',
  },
  history: {
    long: 'write -o json',
    json: 'write -o json',
    match: 'write --limit N',
    af: 'write -o json, which has every attribute',
    autoformat: 'write -o json, which has every attribute',
    format: 'write -o json, which has every attribute',
  },
  status: {
    run: 'write --claimed',
    state: 'leave it out: states are shown',
    server: 'write -o wide',
    format: 'write --af ATTRIBUTE…',
    sort: 'write --af ATTRIBUTE…, and pipe it through sort',
    any: 'leave it out: slots are what the pool lists',
    startd: 'leave it out: slots are what the pool lists',
    master: 'leave it out: the pool is one process',
    collector: 'leave it out: the pool is one process',
    negotiator: 'leave it out: the pool is one process, and `glidein userprio` shows the order',
    schedd: 'leave it out: the pool is one process, and `glidein top` shows its users',
    submitters: 'use `glidein top`',
  },
  userprio: {
    long: 'write -o json',
    json: 'write -o json',
    grouporder: 'leave it out: groups come first',
    grouprollup: 'leave it out: what is in use within a group is counted for it',
    hierarchical: 'leave it out: each group comes after the one around it',
    priority: 'write -all, which shows the real priority',
    usage: 'leave it out: hours are shown',
    most: 'leave it out, or write -all for every column',
    activefrom: 'write -allusers, which shows users who have used nothing for a day',
    getreslist: 'use `glidein q USER`',
    resetall: 'write -resetusage USER for each',
  },
  rm: { forcex: 'leave it out: a removed job does not stay in the queue' },
};

/** Options of HTCondor's programs that mean others here. */
const meanings: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  status: {
    json: ['--slots', '-o', 'json'],
    autoformat: ['--af'],
    available: ['--avail'],
    totals: ['--total'],
  },
};

/** An option of a command: by its long name, and by its letter. */
interface Known {
  readonly long?: string | undefined;
  readonly short?: string | undefined;
  /** Whether a value must follow. */
  readonly required: boolean;
}

/**
 * The words after a command. Long options written with one dash, as HTCondor's users do, get their second. The value of an
 * option stays as it is.
 * @throws GlideinError InvalidArgument for an option of HTCondor's program that is not one here, with what to write
 */
export function withOwnOptions(command: string, words: readonly string[], known: readonly Known[]): string[] {
  const ends = words.indexOf('--');
  let isValue = false;
  return words.flatMap((word, at) => {
    if (isValue || (ends >= 0 && at >= ends)) {
      isValue = false;
      return [word];
    }
    const own = asOwnOption(command, word, known);
    const last = own.at(-1);
    isValue = known.some(({ long, short, required }) => required && (last === long || last === short));
    return own;
  });
}

/** What condor_prio adds to the priority: `+5` or `-5`. */
const isDifference = (command: string, word: string): boolean =>
  command === 'prio' && /^[+-][0-9]+$/.test(word);

function asOwnOption(command: string, word: string, known: readonly Known[]): readonly string[] {
  if (isDifference(command, word)) return [`--by=${word}`];
  const [, written, after = ''] = /^--?([a-z][a-z-]+)([:=].*)?$/s.exec(word) ?? [];
  if (written === undefined) return [word];
  const [name, ...more] = meaning(command, written) ?? [written];
  const refuse = (cure: string) =>
    new GlideinError('InvalidArgument', `\`glidein ${command}\` has no option ${word}`, { cure });
  if (known.some(({ long }) => long === `--${name}`)) {
    if (after.startsWith(':')) return withForm(`--${name}`, after.slice(1), known, refuse);
    return [`--${name}${after}`, ...more];
  }
  const advice = Object.hasOwn(options, command) ? options[command]?.[written] : undefined;
  if (advice === undefined) return [unlessShort(word, known)];
  throw refuse(advice);
}

/** A mistyped long option with its second dash, so that the nearest is proposed; what begins with the letter of a short one stays. */
const unlessShort = (word: string, known: readonly Known[]): string =>
  known.some(({ short }) => short === word.slice(0, 2)) ? word : word.replace(/^--?/, '--');

/** The option that a word of HTCondor's program stands for, without its dashes, and what follows it. */
function meaning(command: string, written: string): readonly string[] | undefined {
  const own = Object.hasOwn(meanings, command) ? meanings[command] : undefined;
  const [first, ...more] = own !== undefined && Object.hasOwn(own, written) ? (own[written] ?? []) : [];
  return first === undefined ? undefined : [first.slice(2), ...more];
}

/** `-af:jh`: the letters say how the option prints, which is an option of its own here. */
function withForm(
  option: string,
  letters: string,
  known: readonly Known[],
  refuse: (cure: string) => GlideinError,
): readonly string[] {
  if (known.some(({ long }) => long === `${option}-form`)) return [`${option}-form=${letters}`, option];
  throw refuse(`write ${option}, which has one form`);
}
