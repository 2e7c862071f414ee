import { ClassAd } from '#classad/class-ad.ts';
import { minus, type Resources } from '#match/resources.ts';
import { pilotSpec } from '#spec/pilot.ts';
import { slotAttributes } from '#spec/slot-attributes.ts';
import { randomOf } from '#testing/random-of.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import { protocolVersion } from '#wire/protocol.ts';

/** A pilot as it says hello, and the part of its slot that is taken by a job of long ago. */
export interface MeasuredSlot {
  readonly uid: string;
  /** The message, as it comes from the wire. Made when it is sent, so that a hundred thousand take no memory here. */
  readonly hello: () => string;
  readonly taken: Resources | undefined;
}

/** The site whose slots only accept jobs of {@link lateOwner}: they are free while everything else is full. */
export const lateSite = 'late';
export const lateOwner = 'late';

const systems = ['AlmaLinux9', 'Debian12'];
const sizes = [4, 8, 16, 32, 64];
const levels = ['x86_64-v2', 'x86_64-v3', 'x86_64-v4', 'x86_64-v3', 'x86_64-v4'];
const kernels = ['5.14.0-503.el9', '6.1.0-31', '6.12.9', '5.14.0-427.el9', '6.8.0-51'];
export const sites = 40;

/** Buckets: slots that differ in nothing but their names and in what is free of them. */
export const mostBuckets = sites * systems.length * sizes.length * levels.length;

/** Free cores of a slot, as they occur in a busy pool. */
const freeCores = [0, 0, 0, 1, 1, 1, 1, 2, 2, 4];
/** Free memory for each free core, in MiB. */
const freeMemory = [512, 2048, 4096];

const starts = ['true', 'true', 'true', '(TARGET.AcctGroup ?: "none") != "lhcb"', 'TARGET.JobUniverse == 5'];

interface Whole {
  readonly cores: number;
  readonly memory: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly start: string;
  readonly site: string;
}

function bucketOf(number: number): Whole {
  const site = number % sites;
  const system = Math.floor(number / sites) % systems.length;
  const size = Math.floor(number / (sites * systems.length)) % sizes.length;
  const level = Math.floor(number / (sites * systems.length * sizes.length)) % levels.length;
  const cores = sizes[size] ?? 4;
  return {
    cores,
    memory: cores * (level % 2 === 0 ? 4096 : 2048),
    start: starts[(site + level) % starts.length] ?? 'true',
    site: `site${site}`,
    attributes: {
      OpSysAndVer: systems[system] ?? '',
      Microarch: levels[level] ?? '',
      UtsnameRelease: kernels[level] ?? '',
      DetectedCpus: cores,
      HasApptainer: true,
      ApptainerVersion: '1.4.5',
      GLIDEIN_RuntimeTier: 'A',
    },
  };
}

const late: Whole = { ...bucketOf(0), site: lateSite, start: `TARGET.Owner == "${lateOwner}"` };

/**
 * Slots in `buckets` buckets; one in a hundred is kept for {@link lateOwner}.
 * @param areFull whether nothing is free of the others
 */
export function measuredSlots(count: number, buckets: number, areFull = false): MeasuredSlot[] {
  const random = randomOf(13);
  const choose = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const wholes = Array.from({ length: buckets }, (_, number) => prepared(bucketOf(number)));
  const lates = prepared(late);
  return Array.from({ length: count }, (_, index) => {
    const isLate = index % 100 === 99;
    const { whole, texts } = (isLate ? lates : wholes[index % buckets]) ?? lates;
    const uid = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
    const offered = { cpus: whole.cores, memory: whole.memory, disk: 20 * whole.cores * 2 ** 20, gpus: 0 };
    const cpus = areFull ? 0 : choose(freeCores);
    const memory = Math.min(whole.memory, 256 + cpus * choose(freeMemory));
    const free = { cpus, memory, disk: offered.disk, gpus: 0 };
    const taken = isLate || cpus === whole.cores ? undefined : minus(offered, free);
    return { uid, hello: () => helloOf(uid, index, whole.site, texts), taken };
  });
}

const prepared = (whole: Whole): { whole: Whole; texts: AdTexts } => ({ whole, texts: slotTexts(whole) });

function helloOf(uid: string, index: number, site: string, texts: AdTexts): string {
  return JSON.stringify({
    type: 'hello',
    protocol: protocolVersion,
    uid,
    name: `pilot-${index}`,
    group: site,
    site,
    slot: { ...texts, Machine: `"node-${Math.floor(index / 10)}"` },
    retireIn: 86_400,
    draining: false,
    claims: [],
  });
}

function slotTexts({ cores, memory, attributes, start }: Whole): AdTexts {
  const ad = new ClassAd();
  const spec = pilotSpec.parse({ cpus: cores, memory: `${memory}Mi`, disk: `${20 * cores}Gi`, start });
  for (const [key, value] of Object.entries(slotAttributes(spec, 'X86_64'))) {
    if (typeof value === 'object') ad.setText(key, value.expression);
    else ad.setValue(key, value);
  }
  for (const [key, value] of Object.entries(attributes)) ad.setValue(key, value);
  return ad.toTexts();
}
