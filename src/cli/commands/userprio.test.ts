import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { PoolClient } from '#client/pool-client.ts';
import { slotTexts, submitOf } from '#testing/ads.ts';
import { GlideinLine } from '#testing/glidein-line.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { submitAnswer } from '#wire/jobs.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let line: GlideinLine;
let admin: string[];
beforeAll(async () => {
  line = await GlideinLine.start();
  admin = ['--token-file', await line.file('admin', await line.token('root', 'admin'))];
  const pilot = await ScriptedPilot.start({
    url: line.url,
    token: await line.token('u1', 'pilot'),
    uid: 'u1',
    slot: slotTexts({ Cpus: '8' }),
  });
  const client = new PoolClient({ url: line.url, token: () => line.token('alice', 'submitter') });
  const json = submitOf(1, { RequestCpus: '2' });
  await client.json('/v1/jobs', submitAnswer, { method: 'POST', json });
  await client.close();
  await pilot.next('start');
});
afterAll(() => line.stop());

const userprio = (...words: string[]) => line.run(['userprio', ...words]);
/** The cells of each line. */
const cells = (out: string) =>
  out
    .trim()
    .split('\n')
    .map((text) => text.split(/ {2,}/));
const json = async (...words: string[]) =>
  JSON.parse((await userprio('-o', 'json', ...words)).out) as { users: Record<string, unknown>[] };

it('userprio shows the users who use something, with the names that condor_userprio’s users know', async () => {
  const [head, ...rows] = cells((await userprio()).out);
  expect(head).toEqual(['USER', 'EFFECTIVE PRIORITY', 'FACTOR', 'CORES IN USE', 'CORE HOURS', 'LAST USED']);
  expect(rows).toEqual([['alice', expect.stringMatching(/^50\d\.\d\d$/), '1000', '2', '0.00', 'now']]);
  expect((await json()).users).toMatchObject([{ name: 'alice', cores: 2, factor: 1000 }]);
});

it('userprio -all has the real priority too', async () => {
  const [head, [, , real] = []] = cells((await userprio('-all')).out);
  expect(head).toContain('REAL PRIORITY');
  expect(real).toBe('0.50');
});

it('userprio -allusers has users who have used nothing for a day', async () => {
  await userprio('-setprio', 'carol', '20', ...admin);
  expect((await json()).users.map(({ name }) => name)).not.toContain('carol');
  expect((await json('-allusers')).users.map(({ name }) => name)).toContain('carol');
});

it('userprio -setfactor changes a factor, and only for an administrator', async () => {
  expect(await userprio('-setfactor', 'bob', '50')).toMatchObject({
    code: 3,
    err: 'glidein: a token with the role submitter may not do this; use a token with the role admin\n',
  });
  expect((await userprio('-setfactor', 'bob', '50', ...admin)).out).toContain('50 (set)');
  expect((await json('bob')).users).toMatchObject([{ name: 'bob', factor: 50, effectivePriority: 25 }]);
  await userprio('-delete', 'bob', ...admin);
  expect((await json('bob')).users).toMatchObject([{ factor: 1000, factorIsSet: false }]);
});

it('userprio -setprio sets the real priority, -delete forgets it', async () => {
  await userprio('-setprio', 'dave', '30', ...admin);
  expect((await json('dave')).users).toMatchObject([{ realPriority: expect.closeTo(30, 1) }]);
  await userprio('-delete', 'dave', ...admin);
  expect((await json('dave')).users).toMatchObject([{ realPriority: 0.5 }]);
});

it('userprio says that a user whose account is changed has used nothing so far', async () => {
  const { err } = await userprio('-setfactor', 'alcie', '50', ...admin);
  expect(err).toContain('alcie has used nothing so far');
  expect((await userprio('-setfactor', 'alcie', '1000', ...admin)).err).toBe('');
  expect((await userprio('-setfactor', 'alice', '1000', ...admin)).err).toBe('');
  await userprio('-delete', 'alcie', ...admin);
});

it('userprio -resetusage counts the hours of a user from now on', async () => {
  const hours = async () => Number((await json('alice')).users[0]?.['coreHours']);
  await expect.poll(hours).toBeGreaterThan(2e-4);
  const before = await hours();
  await userprio('-resetusage', 'alice', ...admin);
  expect(await hours()).toBeLessThan(before);
});

it('userprio shows users with waiting jobs who have used nothing, and -quotas no users', async () => {
  const client = new PoolClient({ url: line.url, token: () => line.token('erin', 'submitter') });
  const job = submitOf(1, { RequestCpus: '64' });
  await client.json('/v1/jobs', submitAnswer, { method: 'POST', json: job });
  await client.close();
  const erin = async () => (await json()).users.filter(({ name }) => name === 'erin');
  await expect.poll(erin).toMatchObject([{ cores: 0, coreHours: 0, effectivePriority: 500 }]);
  expect((await json('-allusers')).users.filter(({ name }) => name === 'erin')).toHaveLength(1);
  expect((await json('-quotas')).users).toEqual([]);
});

it('userprio -quotas says that there are no groups', async () => {
  expect((await userprio('-quotas')).out).toBe('There are no accounting groups.\n');
});

it.each([
  [['-setfactor', 'bob'], '--setfactor takes a user and a number'],
  [['-setfactor', 'bob', 'much'], '"much" is not a number of at least 1'],
  [['-setprio', 'bob', '0.1'], 'is not a number of at least 0.5'],
  [['-resetusage'], '--resetusage takes a user'],
  [['-setfactor', '-delete', 'bob'], '--setfactor and --delete are given'],
  [['-quotas', 'bob'], '--quotas lists accounting groups and takes no user'],
  [['-long'], 'write -o json'],
])('userprio %j is refused with what to write', async (words, says) => {
  expect(await userprio(...words)).toMatchObject({ code: 2, err: expect.stringContaining(says) });
});
