import type { ClassAd } from '#classad/class-ad.ts';
import { runTime } from '../job-table.ts';
import { GrowingTable } from '../table.ts';

/** A column: its head, and what it shows of a slot at a time in epoch seconds. */
type Column = readonly [head: string, cell: (ad: ClassAd, now: number) => string];

const text =
  (name: string) =>
  (ad: ClassAd): string =>
    ad.evaluateString(name) ?? '';

const number =
  (name: string) =>
  (ad: ClassAd): string =>
    String(ad.evaluateNumber(name) ?? '');

/** Attributes that the columns of each table read. */
export const shownAttributes = [
  'Name',
  'State',
  'Activity',
  'Cpus',
  'Memory',
  'GPUs',
  'Disk',
  'LoadAvg',
  'OpSys',
  'Arch',
  'Machine',
  'TotalSlotCpus',
  'TotalSlotMemory',
  'NumDynamicSlots',
  'EnteredCurrentActivity',
  'RemoteOwner',
  'JobId',
  'GLIDEIN_Group',
  'GLIDEIN_Site',
  'GLIDEIN_Pilot',
] as const;

/** How long a slot has been in its activity, as condor_status shows it. */
const activityTime: Column = [
  'ACTVTYTIME',
  (ad, now) => {
    const since = ad.evaluateNumber('EnteredCurrentActivity');
    return since === undefined ? '' : runTime(now - since);
  },
];

const slotColumns: readonly Column[] = [
  ['NAME', text('Name')],
  ['STATE', text('State')],
  ['ACTIVITY', text('Activity')],
  ['CPUS', number('Cpus')],
  ['MEM', number('Memory')],
  activityTime,
  ['OWNER', text('RemoteOwner')],
  ['JOB', text('JobId')],
];

const wideColumns: readonly Column[] = [
  ['GPUS', number('GPUs')],
  ['DISK', number('Disk')],
  ['LOADAV', number('LoadAvg')],
  ['OPSYS', text('OpSys')],
  ['ARCH', text('Arch')],
  ['MACHINE', text('Machine')],
  ['GROUP', text('GLIDEIN_Group')],
  ['SITE', text('GLIDEIN_Site')],
];

/** One line a pilot, as condor_status -compact has one a machine. */
const compactColumns: readonly Column[] = [
  ['PILOT', text('GLIDEIN_Pilot')],
  ['MACHINE', text('Machine')],
  ['STATE', text('State')],
  ['SLOTS', number('NumDynamicSlots')],
  ['CPUS', number('TotalSlotCpus')],
  ['FREE', number('Cpus')],
  ['MEM', number('TotalSlotMemory')],
  ['FREE', number('Memory')],
  ['GPUS', number('GPUs')],
];

/** A table of slots whose rows come in parts. */
export class SlotTable {
  readonly #columns: readonly Column[];
  readonly #table: GrowingTable;
  readonly #now: number;

  /** @param now epoch seconds */
  constructor(
    look: 'slots' | 'compact',
    { wide, colour, now }: { wide: boolean; colour: boolean; now: number },
  ) {
    const columns = look === 'compact' ? compactColumns : slotColumns;
    this.#columns = wide
      ? [...columns, ...wideColumns.filter(([head]) => !columns.some(([own]) => own === head))]
      : columns;
    this.#table = new GrowingTable(
      this.#columns.map(([head]) => head),
      { colour },
    );
    this.#now = now;
  }

  add(ads: readonly ClassAd[]): string {
    return this.#table.add(ads.map((ad) => this.#columns.map(([, cell]) => cell(ad, this.#now))));
  }
}
