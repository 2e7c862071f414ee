import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinLine } from '#testing/glidein-line.ts';
import { PrintedText } from '#testing/piped-terminal.ts';
import { containerSlot } from '#testing/registered-pilot.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let line: GlideinLine;
let operator: string[];
let tests = 0;
const pilots = new Map<string, ScriptedPilot>();

beforeAll(async () => {
  line = await GlideinLine.start();
  operator = ['--token-file', await line.file('operator', await line.token('here', 'operator'))];
});
afterAll(async () => {
  for (const pilot of pilots.values()) pilot.cut();
  await line.stop();
});

/** The pilots of one test: `g1` and `g2` of a group, the first on a machine with `h1`, which is of another group and older. */
async function three() {
  tests += 1;
  const names = { g1: `g1-${tests}`, g2: `g2-${tests}`, h1: `h1-${tests}` };
  const [group, machine] = [`g-${tests}`, `node-${tests}`];
  const groupOf = (name: string) => (name === names.h1 ? 'old' : group);
  await line.post('/v1/bidders/here/pilots', await line.token('here', 'operator'), {
    session: 's',
    complete: tests === 1,
    pilots: Object.values(names).map((uid) => ({ uid, name: uid, group: groupOf(uid), registered: false })),
  });
  for (const uid of Object.values(names)) {
    const own = uid === names.g2 ? 'node-0' : machine;
    const slot = { ...containerSlot(`TARGET.For == "${uid}"`), Machine: `"${own}"` };
    const hello = { name: uid, group: groupOf(uid), resumes: uid !== names.h1, endIn: 7200 };
    const token = await line.token(uid, 'pilot');
    pilots.set(uid, await ScriptedPilot.start({ url: line.url, uid, token, slot, hello }));
  }
  return { ...names, group, machine };
}

const pilot = (name: string): ScriptedPilot => pilots.get(name) as ScriptedPilot;
const drain = (...words: string[]) => line.run(['drain', ...words, ...operator]);
const draining = async (names: string) => {
  const constraint = `Draining && PartitionableSlot && regexp("${names}", GLIDEIN_Pilot)`;
  const { out } = await line.run(['status', '--constraint', constraint, '--af', 'GLIDEIN_Pilot']);
  return out.split('\n').filter((name) => name !== '');
};

/** Runs a job on a pilot. @returns its `start` */
async function runOn(name: string) {
  const text = `executable = /bin/sh\ntransfer_executable = false\ncontainer_image = x\n+For = "${name}"\nqueue\n`;
  const { out } = await line.run(['submit', await line.file('job.sub', text)]);
  return pilot(name).begin(`${/cluster (\d+)/.exec(out)?.[1]}.0`);
}

it('drain asks pilots to leave, says what still runs on them and until when, and --reason is shown', async () => {
  const { g1, g2 } = await three();
  const start = await runOn(g1);
  const { code, out } = await drain(g1, g2, '--reason', 'new kernel');
  expect(code).toBe(0);
  expect(out).toMatch(
    new RegExp(
      `^2 pilots will leave when nothing runs on them.\\n${g1} runs 1 job \\(${start.job}\\), until \\d+/\\d+ \\d\\d:\\d\\d at the latest\\n$`,
    ),
  );
  expect((await pilot(g1).next('drain')).reason).toBe('new kernel');
  expect((await line.run(['status', g2, '--af', 'State', 'DrainReason'])).out).toBe('Drained new kernel\n');
});

it('drain refuses a name that pilots of two sites have, and takes it with the site', async () => {
  const start = async (uid: string, site: string) => {
    const hello = { name: 'twin', group: 'g', site };
    const token = await line.token(uid, 'pilot');
    pilots.set(uid, await ScriptedPilot.start({ url: line.url, uid, token, hello }));
  };
  await start('twin-a', 'a');
  await start('twin-b', 'b');
  expect(await drain('twin')).toMatchObject({
    code: 2,
    err: expect.stringContaining('write twin@a for that of a'),
  });
  expect((await drain('twin@b')).out).toBe('1 pilot will leave when nothing runs on it.\n');
  expect(await pilot('twin-b').next('drain')).toMatchObject({ reason: 'glidein drain' });
  expect(pilot('twin-a').heard.map(({ type }) => type)).not.toContain('drain');
  for (const uid of ['twin-a', 'twin-b']) pilot(uid).cut();
});

it('drain --group and --node drain the pilots of a group and of a machine', async () => {
  const { g1, g2, h1, group, machine } = await three();
  expect((await drain('-node', machine)).code).toBe(0);
  expect(await draining(`-${tests}$`)).toEqual([g1, h1]);
  expect((await drain('--group', `${group}@there`)).code).toBe(4);
  expect((await drain('--group', `${group}@here`)).code).toBe(0);
  expect(await draining(`-${tests}$`)).toEqual([g1, g2, h1]);
});

it('drain --wait returns when the pilots have left', async () => {
  const { g1, g2, group } = await three();
  const start = await runOn(g1);
  const err = new PrintedText();
  let isDone = false;
  const waiting = line.run(['drain', '--group', group, '--wait', ...operator], { err }).finally(() => {
    isDone = true;
  });
  await pilot(g2).next('drain');
  pilot(g2).say({ type: 'leaving', reason: 'drained' });
  await eventually(async () => expect(err.text).toContain('1 pilot of 2 gone\n'));
  expect(isDone).toBe(false);
  await pilot(g1).finish(start);
  pilot(g1).say({ type: 'leaving', reason: 'drained' });
  expect((await waiting).code).toBe(0);
});

it('drain --cancel takes back pilots that have not left, which then get jobs again', async () => {
  const { g1, g2, h1 } = await three();
  await runOn(g1);
  await drain(g1, h1);
  const cancelled = drain('--cancel', g1, g2);
  await pilot(g1).next('resume');
  pilot(g1).say({ type: 'serving' });
  expect(await cancelled).toEqual({ code: 0, out: '1 pilot taken back.\n', err: '' });
  expect(await drain('--cancel', g2)).toEqual({ code: 0, out: 'The pilot does not drain.\n', err: '' });
  expect(await draining(`-${tests}$`)).toEqual([h1]);
  await runOn(g1);
  expect(await drain('--cancel', h1)).toMatchObject({
    code: 5,
    out: '0 pilots taken back.\n',
    err: expect.stringContaining(`${h1} is of a version that cannot be taken back`),
  });
});

it('a pilot that drains for a reason of its own is not taken back, and the reason is told', async () => {
  const { g1 } = await three();
  await runOn(g1);
  await drain(g1);
  const cancelled = drain('--cancel', g1);
  await pilot(g1).next('resume');
  pilot(g1).say({ type: 'draining', reason: 'retired' });
  expect(await cancelled).toMatchObject({
    code: 5,
    out: '0 pilots taken back.\n',
    err: expect.stringContaining(`${g1} drains for a reason of its own: retired`),
  });
});

it.each([
  [[], 2, 'no pilot is named; name pilots, or write --group GROUP'],
  [['--all', 'g1'], 2, '--all leaves nothing else to choose'],
  [['g1', '--reason', ''], 2, '--reason: a reason has from 1 to 1024 characters'],
  [['g1', '--cancel', '--wait'], 2, 'with --cancel there is nothing to --wait for'],
  [['absent'], 4, 'no pilot absent is registered; `glidein status` lists pilots'],
  [['--group', 'k'], 4, 'no pilot of the group k is registered'],
  [['--node', 'node-x'], 4, 'no pilot on the machine node-x is registered'],
  [['--grup', 'g'], 2, 'Did you mean --group?'],
])('drain %j ends with the exit code %s, and says why', async (words, code, message) => {
  expect(await drain(...words)).toMatchObject({ code, out: '', err: expect.stringContaining(message) });
});

it('drain --all drains every pilot of the pool, and needs the role of an operator', async () => {
  const { g1 } = await three();
  expect(await line.run(['drain', '--all'])).toMatchObject({
    code: 3,
    err: expect.stringContaining('use a token with the role operator or admin'),
  });
  expect(await draining(g1)).toEqual([]);
  expect((await drain('--all')).code).toBe(0);
  const { out } = await line.run(['status', '--constraint', 'PartitionableSlot', '--af', 'Draining']);
  expect(new Set(out.trim().split('\n'))).toEqual(new Set(['true']));
});
