import { submitterIn } from '#pool/accounting/submitter-name.ts';
import { accounting } from '#spec/accounting.ts';
import { jobTexts, slotTexts } from '#testing/ads.ts';
import { randomOf } from '#testing/random-of.ts';
import { SmallPool } from '../match/small-pool.ts';

/** Someone whose jobs wait, all with one core. */
export interface Sharer {
  readonly user: string;
  readonly group: string | undefined;
  readonly jobs: number;
  readonly factor: number;
  /** The real priority. */
  readonly priority: number;
}

interface SharingGroup {
  readonly name: string;
  readonly quota: number;
  readonly surplus: boolean;
}

/** A pool with equal slots of one core, and more jobs than slots. */
export interface SharedPool {
  readonly seed: number;
  readonly slots: number;
  readonly groups: readonly SharingGroup[];
  readonly sharers: readonly Sharer[];
}

export const sharingUsers = ['alice', 'bob', 'carol', 'dave'];

/** The same pool for the same seed; every other one has groups. */
export function sharedPool(seed: number): SharedPool {
  const random = randomOf(seed);
  const choose = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const slots = choose([20, 48, 60, 97, 120]);
  const names = seed % 2 === 0 ? [] : choose([['cms'], ['cms', 'atlas'], ['cms', 'cms.prod', 'atlas']]);
  const groups = names.map((name) => ({
    name,
    quota: Math.round(slots * choose([0.1, 0.2, 0.3]) * (name.includes('.') ? 0.5 : 1)),
    surplus: choose([true, false]),
  }));
  const count = choose([2, 3, 4]);
  const sharers = sharingUsers.slice(0, count).map((user) => ({
    user,
    group: choose([undefined, ...names]),
    jobs: choose([3, slots, slots, 2 * slots]),
    factor: choose([1000, 1000, 2000, 5000]),
    priority: choose([0.5, 0.5, 5, 20]),
  }));
  return { seed, slots, groups, sharers };
}

export const nameOf = ({ group, user }: Sharer): string => submitterIn(group, user);

/** How many slots each submitter gets of this pool. */
export async function sharedByUs({ slots, groups, sharers }: SharedPool): Promise<Map<string, number>> {
  const pool = new SmallPool();
  const now = pool.clock.monotonic();
  const spec = groups.map(({ name, quota, surplus }) => ({ name, cores: quota, surplus }));
  pool.accountant.configure(accounting.parse({ groups: spec }), now);
  for (let number = 0; number < slots; number += 1) pool.slot(number, slotTexts({ Cpus: '1' }));
  for (const sharer of sharers) {
    pool.accountant.setFactor(nameOf(sharer), sharer.factor, now);
    pool.accountant.setRealPriority(nameOf(sharer), sharer.priority, now);
    const group = sharer.group === undefined ? {} : { AcctGroup: `"${sharer.group}"` };
    pool.submit(sharer.user, jobTexts(group), sharer.jobs);
  }
  await pool.negotiate();
  const shares = new Map(sharers.map((sharer) => [nameOf(sharer), 0]));
  const owners = new Map(sharers.map((sharer) => [sharer.user, nameOf(sharer)]));
  for (const { job } of pool.granted) {
    const name = owners.get(job.cluster.owner) ?? '';
    shares.set(name, (shares.get(name) ?? 0) + 1);
  }
  pool.close();
  return shares;
}
