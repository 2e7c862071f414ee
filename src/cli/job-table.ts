import type { ClassAd } from '#classad/class-ad.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import type { JobView } from '#wire/jobs.ts';
import { oneLine } from './one-line.ts';
import { table } from './table.ts';

/** A job with its ad read. */
export interface ListedJob {
  readonly view: JobView;
  readonly ad: ClassAd;
}

export const listed = (view: JobView): ListedJob => ({ view, ad: adFromTexts(view.ad) });

/** HTCondor's letters for JobStatus 1 to 7. */
const letters = ['?', 'I', 'R', 'X', 'C', 'H', '>', 'S'];

const number = (ad: ClassAd, name: string): number => ad.evaluateNumber(name) ?? 0;

/** `D+HH:MM:SS` */
export function runTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const days = Math.floor(whole / 86_400);
  return `${days}+${two(Math.floor(whole / 3600) % 24)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** `MM/DD hh:mm` of epoch seconds, in local time. */
export function moment(epochSeconds: number): string {
  const date = new Date(epochSeconds * 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getMonth() + 1}/${date.getDate()} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

function elapsed(ad: ClassAd, now: number): number {
  const running = number(ad, 'JobStatus') === 2;
  const since = number(ad, 'JobCurrentStartDate');
  return running && since > 0 ? now - since : number(ad, 'RemoteWallClockTime');
}

function command(ad: ClassAd): string {
  const program = (ad.evaluateString('Cmd') ?? '?').split('/').at(-1) ?? '?';
  return `${program} ${ad.evaluateString('Args') ?? ad.evaluateString('Arguments') ?? ''}`.trim();
}

function exit(ad: ClassAd): string {
  if (ad.evaluateBoolean('ExitBySignal') === true) return `signal ${number(ad, 'ExitSignal')}`;
  return String(ad.evaluateNumber('ExitCode') ?? '');
}

const common = ({ view, ad }: ListedJob, now: number): string[] => [
  view.id,
  ad.evaluateString('Owner') ?? '?',
  moment(number(ad, 'QDate')),
  runTime(elapsed(ad, now)),
  letters[number(ad, 'JobStatus')] ?? '?',
];

/** What `q` shows. @param now epoch seconds */
export function queueTable(jobs: readonly ListedJob[], wide: boolean, now: number, colour: boolean): string {
  const extra = wide ? ['MEMORY', 'DISK', 'IMAGE', 'HOST'] : [];
  const rows = jobs.map((job) => [
    ...common(job, now),
    String(job.ad.evaluateNumber('JobPrio') ?? 0),
    String(job.ad.evaluateNumber('RequestCpus') ?? 1),
    ...(wide ? wideCells(job.ad) : []),
    command(job.ad),
  ]);
  const head = ['ID', 'OWNER', 'SUBMITTED', 'RUN_TIME', 'ST', 'PRI', 'CPUS', ...extra, 'CMD'];
  const held = jobs
    .filter(({ ad }) => number(ad, 'JobStatus') === 5)
    .map(
      ({ view, ad }) =>
        `${view.id} is held (code ${number(ad, 'HoldReasonCode')}): ${oneLine(ad.evaluateString('HoldReason') ?? '?')}`,
    );
  return [table(head, rows, colour), ...held, totals(jobs)].join('\n');
}

const wideCells = (ad: ClassAd): string[] => [
  String(ad.evaluateNumber('RequestMemory') ?? ''),
  String(ad.evaluateNumber('RequestDisk') ?? ''),
  ad.evaluateString('ContainerImage') ?? '',
  ad.evaluateString('RemoteHost') ?? '',
];

function totals(jobs: readonly ListedJob[]): string {
  const count = (status: number): number =>
    jobs.filter(({ ad }) => number(ad, 'JobStatus') === status).length;
  const parts = `${count(4)} completed, ${count(3)} removed, ${count(1)} idle, ${count(2)} running, ${count(5)} held, ${count(7)} suspended`;
  return `\nTotal for query: ${jobs.length} jobs; ${parts}`;
}

/** What `history` shows. @param now epoch seconds */
export function historyTable(jobs: readonly ListedJob[], now: number, colour: boolean): string {
  if (jobs.length === 0) return 'No such job has ended yet.';
  const rows = jobs.map((job) => [
    ...common(job, now),
    moment(number(job.ad, 'EnteredCurrentStatus')),
    exit(job.ad),
    String(job.view.attempts.length),
    command(job.ad),
  ]);
  return table(['ID', 'OWNER', 'SUBMITTED', 'RUN_TIME', 'ST', 'ENDED', 'EXIT', 'TRIES', 'CMD'], rows, colour);
}
