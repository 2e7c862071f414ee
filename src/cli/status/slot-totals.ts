import type { ClassAd } from '#classad/class-ad.ts';
import { table } from '../table.ts';

/** The states of slots that HTCondor's totals have and that occur here. */
const states = ['Owner', 'Claimed', 'Unclaimed', 'Preempting', 'Drained'] as const;

interface Counts {
  slots: number;
  cpus: number;
  free: number;
  readonly byState: Map<string, number>;
}

const none = (): Counts => ({ slots: 0, cpus: 0, free: 0, byState: new Map() });

/** How many slots of each group are in each state, as the totals of condor_status; cores, because slots differ in size. */
export class SlotTotals {
  readonly #all = none();
  readonly #byGroup = new Map<string, Counts>();
  readonly #size: string;

  /** @param size the attribute with the cores of a line: TotalSlotCpus if it stands for all slots of a pilot */
  constructor(size: 'Cpus' | 'TotalSlotCpus') {
    this.#size = size;
  }

  get slots(): number {
    return this.#all.slots;
  }

  /** @param ad with State, Cpus, TotalSlotCpus, GLIDEIN_Group and GLIDEIN_Site */
  add(ad: ClassAd): void {
    const group = `${ad.evaluateString('GLIDEIN_Group') ?? '?'}@${ad.evaluateString('GLIDEIN_Site') ?? '?'}`;
    let counts = this.#byGroup.get(group);
    if (counts === undefined) {
      counts = none();
      this.#byGroup.set(group, counts);
    }
    for (const each of [counts, this.#all]) count(each, ad, this.#size);
  }

  text(colour: boolean): string {
    const groups = [...this.#byGroup].sort(([a], [b]) => (a < b ? -1 : 1));
    const head = ['GROUP@SITE', 'TOTAL', ...states.map((state) => state.toUpperCase()), 'CPUS', 'FREE'];
    const rows = [...groups, ['Total', this.#all] as const].map(([name, counts]) => rowOf(name, counts));
    return table(head, rows, colour);
  }
}

function count(counts: Counts, ad: ClassAd, size: string): void {
  const state = ad.evaluateString('State') ?? '?';
  counts.slots += 1;
  counts.cpus += ad.evaluateNumber(size) ?? 0;
  if (state === 'Unclaimed') counts.free += ad.evaluateNumber('Cpus') ?? 0;
  counts.byState.set(state, (counts.byState.get(state) ?? 0) + 1);
}

const rowOf = (name: string, { slots, cpus, free, byState }: Counts): string[] => [
  name,
  String(slots),
  ...states.map((state) => String(byState.get(state) ?? 0)),
  String(cpus),
  String(free),
];
