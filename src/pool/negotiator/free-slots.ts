import { Heap } from '#base/heap.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Resources } from '#match/resources.ts';
import { offerOf } from '#match/slot.ts';
import { type SlotKind, SlotKinds } from '#match/slot-kinds.ts';
import type { Pilot } from '../collector/pilot.ts';
import { Bucket } from './bucket.ts';
import type { Lot, LotSlot } from './lot.ts';
import { Recency, type Recent } from './recency.ts';
import { Shapes } from './shape.ts';
import { SharedTruths } from './shared-truths.ts';

interface FreeSlotsOptions {
  /** An attribute with more values among the slots than this does not divide buckets: nearly every slot has its own. */
  readonly mostValues?: number;
  /** Buckets are numbered anew once there have been so many, and few of them are left. */
  readonly mostNumbers?: number;
  /** And so are slots. */
  readonly mostSlotNumbers?: number;
}

/** Milliseconds before a pilot retires in which jobs known to be short come first on it. */
const leavingFor = 1_800_000;

/** A slot. */
export interface FreeSlot extends Recent<FreeSlot>, LotSlot {
  newest: number;
  readonly ad: ClassAd;
  /** What it offers when nothing is claimed. */
  readonly whole: Resources;
  kind: SlotKind;
  bucket: Bucket;
  lot: Lot | undefined;
  free: Resources;
  reservedFor: number;
  leaving: boolean;
  retireAt: number;
  /** Whether it accepts jobs now. */
  isOpen: boolean;
  watch: Watch | undefined;
}

/** When a slot is looked at again, or before. Heaps have no removal: without a pilot, it is void. */
interface Watch {
  readonly at: number;
  pilot: Pilot | undefined;
}

/**
 * The slots that accept jobs, in buckets of those that are alike, and in these by what is free. Each change of a slot has a
 * number: an autocluster that has tried all slots up to a number, and found that none fits, only has to try those with larger
 * ones. So each autocluster remembers just one number.
 */
export class FreeSlots {
  /** What is known about buckets by their numbers is void once this has changed. */
  generation = 1;
  readonly #options: Required<FreeSlotsOptions>;
  #kinds: SlotKinds;
  readonly #shapes = new Shapes();
  #edition = 0;
  /** Which clauses hold for buckets, and for slots, whatever the job. */
  readonly shared = { buckets: new SharedTruths(), slots: new SharedTruths() };
  #slotNumbers = 0;
  /** How many numbers of buckets were in use when they had been numbered anew. */
  #leastNumbers = 0;
  readonly #buckets = new Map<number, Bucket>();
  /** Also those of pilots that accept no jobs now, but have done so: most of them come back as they were. */
  readonly #slots = new Map<Pilot, FreeSlot>();
  /** Those in which a core is free, or has been. */
  readonly #recentBuckets = new Recency<Bucket>();
  /** Those of which a core is free. */
  readonly #recentSlots = new Recency<FreeSlot>();
  readonly #retirements = new Heap<Watch>((a, b) => a.at - b.at);
  /** What is known of lists of names, by the edition of the kinds. */
  #learned = new WeakMap<readonly string[], { readonly edition: number; readonly isIndividual: boolean }>();
  readonly #cores = new Map<Pilot, number>();
  #allCores = 0;
  #newest = 0;
  #now = 0;

  constructor({
    mostValues = 256,
    mostNumbers = 65_536,
    mostSlotNumbers = 1_000_000,
  }: FreeSlotsOptions = {}) {
    this.#options = { mostValues, mostNumbers, mostSlotNumbers };
    this.#kinds = new SlotKinds({ mostValues });
  }

  /** The cores of all slots, used or not. Of pilots that accept no jobs only those in use count. */
  get cores(): number {
    return this.#allCores;
  }

  /** By what the slots are told apart. */
  get kinds(): SlotKinds {
    return this.#kinds;
  }

  /** Changes when more is read of slots, so that buckets may be divided. */
  get edition(): number {
    return this.#kinds.edition;
  }

  /** The number of the latest change. */
  get newest(): number {
    return this.#newest;
  }

  /**
   * Takes note that jobs read these attributes of slots, in lower case.
   * @returns whether slots of one bucket differ in any of them
   */
  learn(names: readonly string[]): boolean {
    const known = this.#learned.get(names);
    if (known?.edition === this.#kinds.edition) return known.isIndividual;
    this.#kinds.learn(names);
    this.#divideAll();
    this.#numberAnewIfMuch();
    const isIndividual = names.some((name) => this.#kinds.isIndividual(name));
    this.#learned.set(names, { edition: this.#kinds.edition, isIndividual });
    return isIndividual;
  }

  /** All slots that accept jobs, full ones too. */
  all(): Iterable<FreeSlot> {
    return this.#slots.values().filter(({ isOpen }) => isOpen);
  }

  /** The slot of a pilot that accepts jobs. */
  of(pilot: Pilot): FreeSlot | undefined {
    const slot = this.#slots.get(pilot);
    return slot?.isOpen === true ? slot : undefined;
  }

  /** Whether what is known of a pilot's slot is right now. */
  isCurrent(pilot: Pilot, now: number): boolean {
    const slot = this.of(pilot);
    return slot?.free === pilot.free && slot.ad === pilot.facts.slot && pilot.accepts(now);
  }

  /** The buckets in which a slot came or changed after `number`, in that order; nothing may be free there any more. */
  bucketsSince(number: number): readonly Bucket[] {
    return this.#recentBuckets.since(number);
  }

  /** The buckets in which slots came or changed last, the latest first. */
  latestBuckets(count: number): readonly Bucket[] {
    return this.#recentBuckets.latest(count);
  }

  /** The slots that came or changed after `number`, in that order. */
  slotsSince(number: number): readonly FreeSlot[] {
    return this.#recentSlots.since(number);
  }

  /** Takes note of a pilot that is new, or changed in any way. @param now monotonic milliseconds */
  update(pilot: Pilot, now: number): void {
    this.#now = now;
    const slot = this.#slots.get(pilot);
    if (!pilot.accepts(now)) {
      if (slot?.isOpen === true) this.#close(slot);
      this.#count(pilot, inUse(pilot));
    } else if (slot?.ad !== pilot.facts.slot) {
      if (slot !== undefined) this.#drop(slot);
      this.#add(pilot);
      this.#numberAnewIfMuch();
    } else if (!slot.isOpen) {
      this.#open(slot);
      this.#numberAnewIfMuch();
    } else {
      if (this.#isChanged(slot)) this.#changed(slot);
      if (slot.retireAt !== pilot.retireAt || slot.watch === undefined) this.#watch(slot);
    }
  }

  /** Forgets a pilot that is gone, and what was in use of it. */
  forget(pilot: Pilot): void {
    const slot = this.#slots.get(pilot);
    if (slot !== undefined) this.#drop(slot);
    this.#count(pilot, 0);
  }

  /** Drops the pilots that have retired, and takes note of those that retire soon. @param now monotonic milliseconds */
  retire(now: number): void {
    for (let next = this.#retirements.first; next !== undefined && next.at <= now; ) {
      this.#retirements.pop();
      const slot = next.pilot && this.#slots.get(next.pilot);
      if (slot !== undefined) {
        slot.watch = undefined;
        this.update(slot.pilot, now);
      }
      next = this.#retirements.first;
    }
  }

  /** Some time has passed: slots whose Requirements read the time may accept now what they refused. */
  timePassed(): void {
    const reading = new Set([...this.#buckets.values()].filter(({ shape }) => shape.readsClock(this.#kinds)));
    for (const slot of this.all())
      if (reading.has(slot.bucket) || this.#kinds.isChanging(slot.ad)) this.#changed(slot);
  }

  #add(pilot: Pilot): void {
    const ad = pilot.facts.slot;
    const whole = offerOf(ad);
    const kind = this.#kinds.kindOf(ad);
    const bucket = this.#bucketOf(kind, ad);
    const slot: FreeSlot = {
      pilot,
      number: this.#slotNumbers++,
      ad,
      whole,
      kind,
      bucket,
      lot: undefined,
      free: pilot.free,
      reservedFor: pilot.reservedFor,
      leaving: false,
      retireAt: pilot.retireAt,
      isOpen: false,
      watch: undefined,
      before: undefined,
      after: undefined,
      newest: 0,
      older: undefined,
      newer: undefined,
    };
    this.#slots.set(pilot, slot);
    this.#open(slot);
  }

  /** The slot accepts jobs. Since it was closed, the kinds may have been divided. */
  #open(slot: FreeSlot): void {
    slot.isOpen = true;
    slot.kind = this.#kinds.divide(slot.kind, slot.ad);
    slot.bucket = this.#bucketOf(slot.kind, slot.ad);
    slot.bucket.members += 1;
    this.#count(slot.pilot, slot.whole.cpus);
    this.#watch(slot);
    this.#changed(slot);
    this.#divideAll();
  }

  #count(pilot: Pilot, cores: number): void {
    this.#allCores += cores - (this.#cores.get(pilot) ?? 0);
    if (cores === 0) this.#cores.delete(pilot);
    else this.#cores.set(pilot, cores);
  }

  /** Looks at the pilot again when it retires soon, and then when it retires. */
  #watch(slot: FreeSlot): void {
    const { pilot } = slot;
    const { retireAt } = pilot;
    slot.retireAt = retireAt;
    const at = this.#isLeaving(pilot) ? retireAt : retireAt - leavingFor;
    if (slot.watch !== undefined && slot.watch.at <= at) return;
    this.#unwatch(slot);
    slot.watch = { at, pilot };
    this.#retirements.push(slot.watch);
  }

  /** A pilot that is gone must not stay in memory until it would have retired. */
  #unwatch({ watch }: FreeSlot): void {
    if (watch !== undefined) watch.pilot = undefined;
  }

  #isLeaving({ retireAt }: Pilot): boolean {
    return retireAt - this.#now <= leavingFor;
  }

  #isChanged({ pilot, free, reservedFor, leaving }: FreeSlot): boolean {
    return free !== pilot.free || reservedFor !== pilot.reservedFor || leaving !== this.#isLeaving(pilot);
  }

  /** The slot accepts no jobs for now. */
  #close(slot: FreeSlot): void {
    slot.isOpen = false;
    this.#leaveLot(slot);
    this.#leaveBucket(slot.bucket);
  }

  #drop(slot: FreeSlot): void {
    if (slot.isOpen) this.#close(slot);
    this.#unwatch(slot);
    this.#slots.delete(slot.pilot);
  }

  /** Puts a slot into the lot of what is free now, as the latest change. */
  #changed(slot: FreeSlot): void {
    this.#leaveLot(slot);
    const { pilot, bucket } = slot;
    slot.free = pilot.free;
    slot.reservedFor = pilot.reservedFor;
    slot.leaving = this.#isLeaving(pilot);
    if (pilot.free.cpus < 1) return;
    this.#newest += 1;
    slot.lot = bucket.add(slot, slot.leaving, this.#newest);
    this.#recentSlots.put(slot, this.#newest);
    this.#recentBuckets.put(bucket, this.#newest);
  }

  #leaveLot(slot: FreeSlot): void {
    const { bucket, lot } = slot;
    if (lot === undefined) return;
    bucket.remove(slot, lot);
    slot.lot = undefined;
    this.#recentSlots.delete(slot);
  }

  #bucketOf({ number }: SlotKind, ad: ClassAd): Bucket {
    let bucket = this.#buckets.get(number);
    if (bucket === undefined) {
      bucket = new Bucket(number, { ad, shape: this.#shapes.of(ad), edition: this.#edition });
      this.#buckets.set(number, bucket);
    }
    return bucket;
  }

  #leaveBucket(bucket: Bucket): void {
    bucket.members -= 1;
    if (bucket.members > 0) return;
    this.#buckets.delete(bucket.number);
    // It is not there if no core was ever free.
    if (bucket.newest > 0) this.#recentBuckets.delete(bucket);
  }

  /** Divides the buckets by what is read since the last time. A slot that stays in its bucket has not changed. */
  #divideAll(): void {
    while (this.#edition !== this.#kinds.edition) {
      this.#edition = this.#kinds.edition;
      for (const slot of this.all()) this.#moveTo(slot, this.#kinds.divide(slot.kind, slot.ad));
    }
  }

  /** It takes as many numbers as it takes, and what comes of it is kept until there are twice as many. */
  #numberAnewIfMuch(): void {
    const { mostNumbers, mostSlotNumbers } = this.#options;
    const isMuch =
      this.#kinds.numbers > Math.max(mostNumbers, 2 * this.#buckets.size, 2 * this.#leastNumbers) ||
      this.#slotNumbers > Math.max(mostSlotNumbers, 2 * this.#slots.size);
    if (!isMuch) return;
    this.#numberAnew();
    this.#leastNumbers = this.#kinds.numbers;
  }

  #moveTo(slot: FreeSlot, kind: SlotKind): void {
    slot.kind = kind;
    if (kind.number === slot.bucket.number) {
      this.#stays(slot);
      return;
    }
    this.#leaveLot(slot);
    this.#leaveBucket(slot.bucket);
    slot.bucket = this.#bucketOf(kind, slot.ad);
    slot.bucket.members += 1;
    this.#changed(slot);
  }

  /** The slot that stood for all in its bucket may be gone, or in another bucket, and differ in what is read only now. */
  #stays({ bucket, ad }: FreeSlot): void {
    if (bucket.edition === this.#edition) return;
    bucket.edition = this.#edition;
    if (bucket.ad === ad) return;
    bucket.ad = ad;
    bucket.shape = this.#shapes.of(ad);
  }

  #numberAnew(): void {
    const names = this.#kinds.names;
    this.generation += 1;
    this.shared.buckets.clear();
    this.shared.slots.clear();
    this.#slotNumbers = 0;
    this.#kinds = new SlotKinds(this.#options);
    this.#learned = new WeakMap();
    const all = [...this.all()];
    for (const slot of this.#slots.values()) this.#drop(slot);
    for (const { ad } of all) this.#kinds.note(ad);
    this.#kinds.learn(names);
    this.#edition = this.#kinds.edition;
    for (const { pilot } of all) this.#add(pilot);
  }
}

function inUse({ claims }: Pilot): number {
  let cores = 0;
  for (const { cpus } of claims.values()) cores += cpus;
  return cores;
}
