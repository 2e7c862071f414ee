import { signalNumber } from '#base/signals.ts';
import type { Resources } from '#wire/claim.ts';
import type { EventDetail, JobEvent } from '#wire/events.ts';
import type { Usage } from '#wire/outcome.ts';
import { resourceTable, usageLines } from './log-usage.ts';

type Detail<Kind extends EventDetail['kind']> = Extract<EventDetail, { kind: Kind }>;

/** An event in the form of HTCondor's log. */
export interface LogEvent {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Number, job and time: what two writers of one log must agree on. */
  readonly head: string;
  /** The whole event, including the line that ends it. */
  readonly text: string;
}

/** What a log says of a job besides its events. */
export interface LoggedJob {
  /** `12.3`. */
  readonly id: string;
  /** Where it was submitted, such as `127.0.0.1:9618`. */
  readonly host: string;
  /** submit_event_notes and submit_event_user_notes. */
  readonly notes: readonly string[];
  /** The requested resources: cores, MiB, KiB, GPUs. */
  readonly requests: Resources;
}

/** The line that ends an event. */
export const endOfEvent = '...';

/** The text of an HTCondor event without its head (writer and reader: src/condor_utils/condor_event.cpp, HTCondor 25.14). */
type Body = readonly [number: number, ...lines: string[]];

/** The HTCondor events that stand for an event of the pool: none, one or several. */
export function logEvents({ at, what }: JobEvent, job: LoggedJob): LogEvent[] {
  return bodiesOf(what, job).map(([number, first = '', ...rest]) => {
    const head = `${String(number).padStart(3, '0')} (${jobNumber(job.id)}) ${localTime(at)}`;
    return { at, head, text: [`${head} ${first}`, ...rest, endOfEvent, ''].join('\n') };
  });
}

/** `012.003.000` of `12.3`. */
export function jobNumber(id: string): string {
  const [cluster = '0', proc = '0'] = id.split('.');
  return `${cluster.padStart(3, '0')}.${proc.padStart(3, '0')}.000`;
}

function bodiesOf(what: EventDetail, job: LoggedJob): Body[] {
  switch (what.kind) {
    case 'submitted':
      return [[0, `Job submitted from host: <${job.host}>`, ...job.notes.map((text) => `    ${line(text)}`)]];
    case 'started':
      return [executing(what)];
    case 'ended':
      return ended(what, job);
    case 'lost':
      return lost(what);
    case 'vacated':
      return [evicted(what.hold.reason, undefined, what.hold)];
    case 'removed':
      return [...evictedIf(what.ran, what), [9, 'Job was aborted.', `\t${line(what.reason)}`]];
    case 'held':
      return [...evictedIf(what.ran, what.hold, what.hold), held(what.hold)];
    case 'released':
      return [[13, 'Job was released.', `\t${line(what.reason)}`]];
    case 'unknown':
      return [];
  }
}

/** A text that somebody else wrote, on one line: it must not end the event or begin another. */
const line = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();

function executing({ pilot, takes }: Detail<'started'>): Body {
  return [
    1,
    `Job executing on host: <${line(pilot)}>`,
    `\tSlotName: slot1@${line(pilot)}`,
    `\tCpus = ${takes.cpus}`,
    `\tDisk = ${takes.disk}`,
    `\tGPUs = ${takes.gpus}`,
    `\tMemory = ${takes.memory}`,
  ];
}

function ended(what: Detail<'ended'>, job: LoggedJob): Body[] {
  const size = imageSize(what.usage);
  const own = what.exit === undefined ? [] : size;
  if (what.next === 'Completed') return [...own, terminated(what, job)];
  if (what.next === 'Idle')
    return [...own, what.exit === undefined ? broken(what) : requeued(what, what.reason ?? '')];
  const hold = what.hold ?? { code: 0, subcode: 0, reason: '' };
  const byPolicy = what.exit !== undefined && policyCodes.has(hold.code);
  const stop = byPolicy || what.startedAt === undefined ? [] : [evicted(hold.reason, what, hold)];
  return [...own, ...stop, held(hold)];
}

/** Codes of holds after the job ended by itself: on_exit_hold, and policies that evaluate to neither true nor false. */
const policyCodes: ReadonlySet<number> = new Set([3, 5]);

function terminated(what: Detail<'ended'>, { requests }: LoggedJob): Body {
  const { usage, takes, sentBytes, receivedBytes } = what;
  return [
    5,
    'Job terminated.',
    ...exitLines(what),
    ...usageLines(usage, ['Run Remote', 'Run Local', 'Total Remote', 'Total Local']),
    `\t${sentBytes}  -  Run Bytes Sent By Job`,
    `\t${receivedBytes}  -  Run Bytes Received By Job`,
    `\t${sentBytes}  -  Total Bytes Sent By Job`,
    `\t${receivedBytes}  -  Total Bytes Received By Job`,
    ...resourceTable(usage, requests, takes),
  ];
}

function exitLines({ exit }: Detail<'ended'>): string[] {
  if (exit === undefined) return ['\t(1) Normal termination (return value 0)'];
  if ('exitCode' in exit) return [`\t(1) Normal termination (return value ${exit.exitCode})`];
  return [`\t(0) Abnormal termination (signal ${signalNumber(exit.signal)})`, '\t(0) No core file'];
}

function requeued(what: Detail<'ended'>, reason: string): Body {
  return [
    4,
    'Job was evicted.',
    '\t(0) Job terminated and was requeued',
    ...usageLines(what.usage, ['Run Remote', 'Run Local']),
    `\t${what.sentBytes}  -  Run Bytes Sent By Job`,
    `\t${what.receivedBytes}  -  Run Bytes Received By Job`,
    ...exitLines(what).slice(0, 1),
    `\t${line(reason)}`,
  ];
}

/** An execution that did not end by itself; the job will run again. */
function broken(what: Detail<'ended'>): Body {
  if (what.startedAt !== undefined) return evicted(what.reason ?? '', what);
  return [
    7,
    'Shadow exception!',
    `\t${line(what.reason ?? '')}`,
    '\t0  -  Run Bytes Sent By Job',
    '\t0  -  Run Bytes Received By Job',
  ];
}

function evicted(
  reason: string,
  what: Detail<'ended'> | undefined,
  hold?: { readonly code: number; readonly subcode: number },
): Body {
  const code = hold === undefined ? '' : ` Code ${hold.code} Subcode ${hold.subcode}`;
  return [
    4,
    `Job was evicted.${code}`,
    '\t(0) CPU times',
    ...usageLines(what?.usage ?? { wallSeconds: 0 }, ['Run Remote', 'Run Local']),
    `\t${what?.sentBytes ?? 0}  -  Run Bytes Sent By Job`,
    `\t${what?.receivedBytes ?? 0}  -  Run Bytes Received By Job`,
    `\tReason: ${line(reason)}`,
  ];
}

const evictedIf = (
  ran: boolean,
  { reason }: { readonly reason: string },
  hold?: { readonly code: number; readonly subcode: number },
): Body[] => (ran ? [evicted(reason, undefined, hold)] : []);

const held = ({ code, subcode, reason }: NonNullable<Detail<'ended'>['hold']>): Body => [
  12,
  'Job was held.',
  `\t${line(reason) || 'Reason unspecified'}`,
  `\tCode ${code} Subcode ${subcode}`,
];

function lost({ pilot, reason, began, hold }: Detail<'lost'>): Body[] {
  const gone: Body[] = [
    [
      22,
      'Job disconnected, attempting to reconnect',
      `    ${line(reason)}`,
      `    Trying to reconnect to slot1@${line(pilot)} <${line(pilot)}>`,
    ],
    [
      24,
      'Job reconnection failed',
      `    ${line(reason)}`,
      `    Can not reconnect to slot1@${line(pilot)}, rescheduling job`,
    ],
  ];
  return [...(began ? gone : []), ...(hold === undefined ? [] : [held(hold)])];
}

function imageSize({ memoryPeakBytes }: Usage): Body[] {
  if (memoryPeakBytes === undefined) return [];
  const kib = Math.ceil(memoryPeakBytes / 2 ** 10);
  return [
    [
      6,
      `Image size of job updated: ${kib}`,
      `\t${Math.ceil(memoryPeakBytes / 2 ** 20)}  -  MemoryUsage of job (MB)`,
      `\t${kib}  -  ResidentSetSize of job (KB)`,
    ],
  ];
}

/** `YYYY-MM-DD hh:mm:ss` of epoch milliseconds, in local time. */
export function localTime(at: number): string {
  const date = new Date(at);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

const two = (value: number): string => String(value).padStart(2, '0');
