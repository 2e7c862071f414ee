import type { Accounting } from '#spec/accounting.ts';
import { milliseconds } from '#spec/fields.ts';
import { Account, type AccountState } from './account.ts';
import { quotasOf } from './group-quotas.ts';
import { type GroupStanding, groupStandings } from './group-standing.ts';
import { addUse, type Group, GroupTree, settled } from './group-tree.ts';
import { quotaDealer } from './quota-dealer.ts';
import { spin, type Waiting } from './spin.ts';
import { type Standing, standingOf } from './standing.ts';
import { displayName, niceUser, partsOf, submitterIn } from './submitter-name.ts';
import type { Turn } from './turn.ts';

/** HTCondor's PRIORITY_HALFLIFE. */
const defaultHalfLife = 86_400_000;

/**
 * Who has used how much, and who is served next: HTCondor's fair share. All times are monotonic milliseconds.
 *
 * **Gotchas.** Accounts are by authenticated owner and *existing* group. A job that names a group which does not exist is
 * charged to its owner without a group: otherwise whoever invents names would get a share for each.
 */
export class Accountant {
  readonly #accounts = new Map<string, Account>();
  /** Cores in use by the names that they are charged to: when groups change, each may belong to another account. */
  readonly #charged = new Map<string, number>();
  #tree = new GroupTree();
  #halfLife = defaultHalfLife;
  #total = 0;
  /** Accounts that differ from what is stored. */
  readonly #changed = new Set<string>();
  /** Nothing has been charged since what was stored was restored: the time until then is still to be charged. */
  #isJustRestored = false;

  /** Puts a specification into force. Past use stays, and what is in use moves to the groups that exist now. */
  configure(accounting: Accounting | undefined, now: number): void {
    // The time before a restart belongs to the groups that exist now.
    if (!this.#isJustRestored)
      for (const account of this.#accounts.values()) account.settle(now, this.#halfLife);
    this.#isJustRestored = false;
    this.#halfLife = accounting === undefined ? defaultHalfLife : milliseconds(accounting.halfLife);
    this.#tree = new GroupTree(accounting?.groups);
    for (const account of this.#accounts.values()) {
      account.shift(-account.use);
      this.#place(account);
    }
    for (const [submitter, cores] of this.#charged) {
      const account = this.#accountOf(submitter, now);
      account.shift(cores);
      addUse(account.group, cores);
      this.#changed.add(account.name);
    }
  }

  /** A claim of this submitter has begun; or is over, if `cores` is negative. */
  charge(submitter: string, cores: number, now: number): void {
    if (cores === 0) return;
    this.#isJustRestored = false;
    const all = settled((this.#charged.get(submitter) ?? 0) + cores);
    if (all === 0) this.#charged.delete(submitter);
    else this.#charged.set(submitter, all);
    const account = this.#accountOf(submitter, now);
    account.add(cores, now, this.#halfLife);
    addUse(account.group, cores);
    this.#changed.add(account.name);
  }

  /**
   * The turns of the submitters with waiting jobs in one spin of HTCondor's pie, in the order of service. Serve them in that
   * order, each within what `allows` says; then leave out who found no slot for any waiting job, whose part becomes surplus for
   * others, and spin again until nothing is granted.
   * @param total cores of all slots, used or not
   */
  turns(waiting: readonly Waiting[], total: number, now: number): readonly Turn[] {
    this.#total = total;
    return spin(waiting, {
      tree: this.#tree,
      total,
      accountOf: (submitter) => this.#accountOf(submitter, now),
      priorityOf: (account) => account.priorityAt(now, this.#halfLife) * account.factorInForce,
    });
  }

  /**
   * Divides what quotas without surplus leave among waiting jobs, one autocluster after the other: no pilot would help the others.
   * @param total cores of all slots, used or not; those of the last spin if absent
   * @returns a function that says how many of `jobs` jobs with `cores` cores each may run in addition to those of earlier calls
   */
  dealer(total = this.#total): (submitter: string, cores: number, jobs: number) => number {
    const deal = quotaDealer(this.#tree, total);
    return (submitter, cores, jobs) => deal(this.#resolve(submitter), cores, jobs);
  }

  /** How one submitter stands, even if it has never used anything. */
  standing(submitter: string, now: number): Standing {
    const { name, ...place } = this.#resolve(submitter);
    return standingOf(this.#accounts.get(name) ?? new Account(name, place, now), now, this.#halfLife);
  }

  /** The group whose quota a submitter uses, with the cores that it and the groups within it use; undefined if it belongs to none. */
  groupOf(
    submitter: string,
  ): { readonly name: string; readonly cores: number; readonly quota: number } | undefined {
    const { group } = this.#resolve(submitter);
    if (group.parent === undefined) return undefined;
    const quota = quotasOf(this.#tree.root, this.#total).get(group)?.most ?? 0;
    return { name: group.name, cores: group.subtreeUse, quota };
  }

  /**
   * The submitter of this name as people write it. A name that could be read in several ways is that of an account that exists, or
   * else of a user in the group that the name begins with. The user in quotation marks, as in `atlas."ada@cern.ch"` or
   * `"atlas.ada"`, leaves no doubt; without them, `atlas.ada` is first of all the user `ada` of the group `atlas`.
   */
  submitterNamed(name: string): string {
    if (this.#accounts.has(name)) return name;
    if (name.length > 2 && name.endsWith('"')) {
      const { group, user } = partsOf(name);
      return submitterIn(group, user);
    }
    for (const account of this.#accounts.keys()) if (displayName(account) === name) return account;
    if (name.startsWith(`${niceUser}.`)) return submitterIn(niceUser, name.slice(niceUser.length + 1));
    const group = this.#tree.longestPrefix(name);
    return group === undefined
      ? submitterIn(undefined, name)
      : submitterIn(group.name, name.slice(group.name.length + 1));
  }

  /** How all accounting groups stand. @param total cores of all slots */
  groups(total: number): GroupStanding[] {
    return groupStandings(this.#tree, total);
  }

  /** Milliseconds after which past use counts half. */
  get halfLife(): number {
    return this.#halfLife;
  }

  /** The name of the account that a submitter's use is charged to, which is a submitter's name too. */
  accountOf(submitter: string): string {
    return this.#resolve(submitter).name;
  }

  /** How all submitters stand who use anything, or have used anything. */
  *standings(now: number): Iterable<Standing> {
    for (const account of this.#accounts.values()) yield standingOf(account, now, this.#halfLife);
  }

  /** Sets the priority factor of a submitter; undefined: it follows from the group again. */
  setFactor(submitter: string, factor: number | undefined, now: number): void {
    this.#accountToChange(submitter, now).factor = factor;
  }

  setRealPriority(submitter: string, priority: number, now: number): void {
    this.#accountToChange(submitter, now).setPriority(priority, now, this.#halfLife);
  }

  /** Forgets the hours that a submitter has used; its priority stays. */
  resetUsage(submitter: string, now: number): void {
    this.#accountToChange(submitter, now).resetUsage(now, this.#halfLife);
  }

  /** Forgets past use, priority and factor of a submitter. */
  forget(submitter: string, now: number): void {
    this.#accountToChange(submitter, now).forget(now);
  }

  #accountToChange(submitter: string, now: number): Account {
    const account = this.#accountOf(submitter, now);
    this.#changed.add(account.name);
    return account;
  }

  /** Continues from what was stored: what is in use by now is taken to be in use ever since. Call it after the claims are restored. */
  restore(states: readonly AccountState[], now: number): void {
    for (const state of states) {
      const account = new Account(state.name, { group: this.#tree.root }, now);
      this.#place(account);
      account.shift(this.#accounts.get(state.name)?.use ?? 0);
      account.restore(state);
      this.#accounts.set(state.name, account);
    }
    this.#isJustRestored = true;
  }

  /** Takes what has to be stored, and forgets accounts of which nothing is left. */
  takeChanged(now: number): { readonly changed: AccountState[]; readonly forgotten: string[] } {
    for (const [name, account] of this.#accounts) {
      const isForgotten = account.isForgettable(now, this.#halfLife);
      if (isForgotten) this.#accounts.delete(name);
      // What is in use may be over before the next call, and a crash may follow.
      if (isForgotten || account.use > 0) this.#changed.add(name);
    }
    const names = [...this.#changed];
    this.#changed.clear();
    return {
      changed: names.flatMap((name) => this.#accounts.get(name)?.at(now, this.#halfLife) ?? []),
      forgotten: names.filter((name) => !this.#accounts.has(name)),
    };
  }

  /** Takes back the names of accounts that could not be stored. */
  putBack(names: Iterable<string>): void {
    for (const name of names) this.#changed.add(name);
  }

  #accountOf(submitter: string, now: number): Account {
    // Most names are those of accounts.
    const same = this.#accounts.get(submitter);
    if (same?.isFormer === false) return same;
    const { name, ...place } = this.#resolve(submitter);
    let account = this.#accounts.get(name);
    if (account === undefined) {
      account = new Account(name, place, now);
      this.#accounts.set(name, account);
    }
    return account;
  }

  /** The account that a submitter's use is charged to. */
  #resolve(submitter: string): { name: string; group: Group } {
    const { group: named, user } = partsOf(submitter);
    const { root } = this.#tree;
    if (named === undefined || named === niceUser) return { name: submitter, group: root };
    const group = this.#tree.find(named);
    return { name: submitterIn(group === root ? undefined : group.name, user), group };
  }

  /** Finds the group that an account belongs to now. */
  #place(account: Account): void {
    const { name, group } = this.#resolve(account.name);
    account.isFormer = name !== account.name;
    account.group = account.isFormer ? this.#tree.root : group;
  }
}
