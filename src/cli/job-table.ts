import { count } from '#base/count.ts';
import { truncate } from '#base/truncate.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import type { JobView } from '#wire/jobs.ts';
import { GrowingTable } from './table.ts';
import { oneLine } from './terminal.ts';

/** A job with its parsed ad. */
export interface ListedJob {
  readonly view: JobView;
  readonly ad: ClassAd;
}

export const listed = (view: JobView): ListedJob => ({ view, ad: adFromTexts(view.ad) });

/** Whether a job was removed or has completed. */
export const hasEnded = (view: JobView): boolean => ['3', '4'].includes(view.ad.JobStatus ?? '');

export const isHeld = (view: JobView): boolean => view.ad.JobStatus === '5';

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
  return `${program} ${ad.evaluateString('Arguments') ?? ad.evaluateString('Args') ?? ''}`.trim();
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

/** The most characters of a command in a table; -o wide shows all of it. */
const widestCommand = 80;

/** The most characters of a hold reason below a table, and the most jobs that get such a line; -o json has everything. */
const widestReason = 200;
const mostReasons = 1000;

/** What `q` shows, in parts. */
export class QueueTable {
  readonly #table: GrowingTable;
  readonly #wide: boolean;
  readonly #now: number;
  readonly #held: string[] = [];
  readonly #byStatus = new Map<number, number>();
  #jobs = 0;

  /** @param now epoch seconds */
  constructor({ wide, now, colour }: { wide: boolean; now: number; colour: boolean }) {
    const extra = wide ? ['MEMORY', 'DISK', 'IMAGE', 'HOST'] : [];
    const head = ['ID', 'OWNER', 'SUBMITTED', 'RUN_TIME', 'ST', 'PRI', 'CPUS', ...extra, 'CMD'];
    this.#table = new GrowingTable(head, { colour, ...(wide ? {} : { widest: { CMD: widestCommand } }) });
    this.#wide = wide;
    this.#now = now;
  }

  add(jobs: readonly ListedJob[]): string {
    for (const job of jobs) this.#count(job);
    return this.#table.add(
      jobs.map((job) => [
        ...common(job, this.#now),
        String(job.ad.evaluateNumber('JobPrio') ?? 0),
        String(job.ad.evaluateNumber('RequestCpus') ?? 1),
        ...(this.#wide ? wideCells(job.ad) : []),
        command(job.ad),
      ]),
    );
  }

  /** Why jobs are held, and how many there are in each state. */
  end(): string {
    const more = (this.#byStatus.get(5) ?? 0) - this.#held.length;
    const rest = more > 0 ? [`${count(more, 'more job')} ${more === 1 ? 'is' : 'are'} held`] : [];
    return [...this.#held, ...rest, this.#totals()].join('\n');
  }

  #count({ view, ad }: ListedJob): void {
    const status = number(ad, 'JobStatus');
    this.#jobs += 1;
    this.#byStatus.set(status, (this.#byStatus.get(status) ?? 0) + 1);
    if (status !== 5 || this.#held.length >= mostReasons) return;
    this.#held.push(heldSentence({ view, ad }, this.#wide ? 'whole' : 'truncated'));
  }

  #totals(): string {
    const of = (status: number): number => this.#byStatus.get(status) ?? 0;
    const parts = `${of(4)} completed, ${of(3)} removed, ${of(1)} idle, ${of(2)} running, ${of(5)} held, ${of(7)} suspended`;
    return `\nTotal for query: ${count(this.#jobs, 'job')}; ${parts}`;
  }
}

/** Why a job is held, with its codes. */
export function heldSentence({ view, ad }: ListedJob, length: 'whole' | 'truncated'): string {
  const reason = oneLine(ad.evaluateString('HoldReason') ?? '?');
  return `${view.id} is held (${codes(ad)}): ${length === 'whole' ? reason : truncate(reason, widestReason)}`;
}

/** The subcode is chosen by the job's own policy; 0 means none. */
function codes(ad: ClassAd): string {
  const subcode = number(ad, 'HoldReasonSubCode');
  return `code ${number(ad, 'HoldReasonCode')}${subcode === 0 ? '' : `, subcode ${subcode}`}`;
}

const wideCells = (ad: ClassAd): string[] => [
  String(ad.evaluateNumber('RequestMemory') ?? ''),
  String(ad.evaluateNumber('RequestDisk') ?? ''),
  ad.evaluateString('ContainerImage') ?? ad.evaluateString('DockerImage') ?? '',
  ad.evaluateString('RemoteHost') ?? '',
];

/** What `history` shows, in parts. */
export class HistoryTable {
  readonly #table: GrowingTable;
  readonly #now: number;

  /** @param now epoch seconds */
  constructor({ wide, now, colour }: { wide: boolean; now: number; colour: boolean }) {
    const head = ['ID', 'OWNER', 'SUBMITTED', 'RUN_TIME', 'ST', 'ENDED', 'EXIT', 'TRIES', 'CMD'];
    this.#table = new GrowingTable(head, { colour, ...(wide ? {} : { widest: { CMD: widestCommand } }) });
    this.#now = now;
  }

  add(jobs: readonly ListedJob[]): string {
    return this.#table.add(
      jobs.map((job) => [
        ...common(job, this.#now),
        moment(number(job.ad, 'EnteredCurrentStatus')),
        exit(job.ad),
        String(job.view.attempts.length),
        command(job.ad),
      ]),
    );
  }
}
