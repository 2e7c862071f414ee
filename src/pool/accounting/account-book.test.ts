import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GlideinError } from '#base/error.ts';
import { accounting } from '#spec/accounting.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { Store } from '../store/store.ts';
import { AccountBook } from './account-book.ts';
import { Accountant } from './accountant.ts';

const hour = 3_600_000;

describe('the book of accounts', () => {
  let directory: string;
  let store: Store;
  let clock: ManualClock;
  const background: Promise<unknown>[] = [];

  const openStore = async () => {
    store = new Store(join(directory, 'pool.db'), 'FULL');
    await store.load();
  };
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'glidein-accounts-'));
    clock = new ManualClock(1e12);
    await openStore();
  });
  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  const inBackground = (work: Promise<unknown>) => void background.push(work);
  /** A pool's accountant after a start, with claims that a replay has restored. */
  async function start(
    claims: Readonly<Record<string, number>> = {},
    keeper: Pick<Store, 'accounts' | 'storeAccounts'> = store,
  ) {
    const accountant = new Accountant();
    for (const [submitter, cores] of Object.entries(claims))
      accountant.charge(submitter, cores, clock.monotonic());
    const book = new AccountBook({ accountant, store: keeper, clock, inBackground });
    await book.open();
    const standing = (submitter: string) => accountant.standing(submitter, clock.monotonic());
    const charge = (submitter: string, cores: number) =>
      accountant.charge(submitter, cores, clock.monotonic());
    return { accountant, book, standing, charge };
  }
  /** Another process opens what is on the disk, after some time. */
  async function restart(milliseconds: number): Promise<void> {
    await store.close();
    clock = new ManualClock(clock.wall() + milliseconds);
    await openStore();
  }

  test('priorities, factors and hours survive a restart, and claims are charged for the time of the stop', async () => {
    const before = await start();
    before.charge('ada', 10);
    before.charge('bob', 4);
    before.accountant.setFactor('eve', 50, clock.monotonic());
    clock.advance(hour);
    before.charge('bob', -4);
    await before.book.close();
    await restart(hour);
    const after = await start({ ada: 10 });
    expect(after.standing('ada')).toMatchObject({
      coreHours: 20,
      cores: 10,
      began: clock.monotonic() - 2 * hour,
    });
    expect(after.standing('ada').realPriority).toBeCloseTo(10 - 9.5 * 0.5 ** (2 / 24), 9);
    expect(after.standing('bob')).toMatchObject({
      coreHours: 4,
      cores: 0,
      lastUsed: clock.monotonic() - hour,
    });
    expect(after.standing('eve')).toMatchObject({ factor: 50, factorIsSet: true });
    await after.book.close();
  });

  test('after a crash, only changes of the last minute are guessed from what is in use', async () => {
    const before = await start();
    before.charge('ada', 10);
    clock.advance(hour);
    await Promise.all(background.splice(0));
    before.charge('ada', -10);
    clock.advance(30_000);
    // No close: the process was killed.
    await restart(0);
    const after = await start();
    expect(after.standing('ada').coreHours).toBeCloseTo(10, 9);
    await after.book.close();
  });

  test('the time of a stop is charged to the group that the specification names after the start', async () => {
    const groups = [{ name: 'atlas', cores: 100 }];
    const before = await start();
    before.accountant.configure(accounting.parse({ groups }), clock.monotonic());
    before.charge('atlas.ada', 10);
    clock.advance(hour);
    await before.book.close();
    await restart(hour);
    const after = await start({ 'atlas.ada': 10 });
    // A pass of the negotiator may come before the specification has been read.
    after.accountant.turns([{ submitter: 'atlas.ada', cores: 1 }], 8, clock.monotonic());
    after.accountant.configure(accounting.parse({ groups }), clock.monotonic());
    expect(after.standing('atlas.ada')).toMatchObject({ group: 'atlas', cores: 10, coreHours: 20 });
    expect(after.standing('ada')).toMatchObject({ cores: 0, coreHours: 0 });
    await after.book.close();
  });

  test('hours are remembered when the priority is back at the floor, unless an admin forgets them', async () => {
    const { accountant, book, charge, standing } = await start();
    charge('ada', 1);
    clock.advance(hour / 6);
    charge('ada', -1);
    clock.advance(30 * 24 * hour);
    await Promise.all(background.splice(0));
    expect(standing('ada').realPriority).toBe(0.5);
    expect(standing('ada').coreHours).toBeCloseTo(1 / 6, 9);
    expect((await store.accounts()).map(({ name }) => name)).toEqual(['ada']);
    accountant.forget('ada', clock.monotonic());
    await book.write();
    expect(await store.accounts()).toEqual([]);
    await book.close();
  });

  test('who has only waited is forgotten, unless an admin has set a factor', async () => {
    const { accountant, book } = await start();
    accountant.setFactor('bob', 7, clock.monotonic());
    const wishes = ['ada', 'bob'].map((submitter) => ({ submitter, cores: 1 }));
    accountant.turns(wishes, 8, clock.monotonic());
    await book.write();
    expect([...accountant.standings(clock.monotonic())].map(({ name }) => name)).toEqual(['bob']);
    await book.close();
  });

  test('a factor that is set while thousands of accounts are being stored is not replaced by what it was', async () => {
    const { accountant, book, charge } = await start();
    const names = Array.from({ length: 2500 }, (_, index) => `user${index}`);
    for (const name of names) charge(name, 1);
    const minutely = book.write();
    accountant.setFactor('user2400', 7, clock.monotonic());
    await book.write();
    await minutely;
    expect((await store.accounts()).find(({ name }) => name === 'user2400')?.factor).toBe(7);
    await book.close();
  });

  test('thousands of submitters are stored and restored', async () => {
    const names = Array.from({ length: 2500 }, (_, index) => `user${index}`);
    const before = await start();
    for (const name of names) before.charge(name, 1);
    clock.advance(hour);
    await before.book.close();
    await restart(0);
    const after = await start(Object.fromEntries(names.map((name) => [name, 1])));
    expect(names.map((name) => after.standing(name).coreHours)).toEqual(names.map(() => 1));
    await after.book.close();
  });

  test('what could not be stored on a full disk is stored with the next write', async () => {
    let isFull = true;
    const { book, charge } = await start(
      {},
      {
        accounts: () => store.accounts(),
        storeAccounts: (...rows) =>
          isFull ? Promise.reject(new GlideinError('NoSpace', 'full')) : store.storeAccounts(...rows),
      },
    );
    charge('ada', 1);
    await expect(book.write()).rejects.toThrow('full');
    isFull = false;
    await book.write();
    expect(await store.accounts()).toMatchObject([{ name: 'ada' }]);
    await book.close();
  });

  test('a clock that is set back charges no time', async () => {
    const before = await start();
    before.charge('ada', 10);
    await before.book.close();
    await restart(-hour);
    const after = await start({ ada: 10 });
    expect(after.standing('ada')).toMatchObject({ coreHours: 0, realPriority: 0.5 });
    await after.book.close();
  });
});
