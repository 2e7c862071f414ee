import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinLine } from '#testing/glidein-line.ts';
import { PrintedText } from '#testing/piped-terminal.ts';
import { registeredPilot } from '#testing/registered-pilot.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let line: GlideinLine;
let cluster: string;

beforeAll(async () => {
  line = await GlideinLine.start();
  const text =
    'executable = /bin/sh\ntransfer_executable = false\ncontainer_image = x\nrequest_cpus = 64\nqueue 3\n';
  const { out, err } = await line.run(['submit', await line.file('job.sub', text)]);
  cluster = /cluster (\d+)/.exec(out)?.[1] ?? err;
});
afterAll(() => line.stop());

it('--pool wins over GLIDEIN_POOL', async () => {
  const environment = { GLIDEIN_POOL: 'http://127.0.0.1:1' };
  expect((await line.run(['q'], { environment })).code).toBe(7);
  expect((await line.run(['q', '--pool', line.url], { environment })).code).toBe(0);
});

it.each(['q', 'status'])('%s --watch prints repeatedly until it is interrupted', async (command) => {
  const interrupt = new AbortController();
  const printed = new PrintedText();
  const watching = line.run([command, '--watch'], { signal: interrupt.signal, out: printed });
  const head = command === 'q' ? /^ID /gm : /^No group feeds/gm;
  await eventually(() => expect(printed.text.match(head)?.length).toBeGreaterThan(1));
  interrupt.abort();
  await watching;
});

it('q prints values in the form that the letters of -af say', async () => {
  const words = ['q', `${cluster}.0`];
  expect((await line.run([...words, '-af:jh', 'JobStatus', 'Owner'])).out).toBe(
    `ID   JobStatus  Owner\n${cluster}.0  1          alice\n`,
  );
  expect((await line.run([...words, '--af-form', 'V', '--af', 'Owner'])).out).toBe('"alice"\n');
});

it('why says in text and as JSON what keeps a job from running', async () => {
  const job = `${cluster}.0`;
  expect((await line.run(['why', job])).out).toMatch(new RegExp(`^${job} Idle\\. `));
  const { out } = await line.run(['why', job, '-o', 'json']);
  expect(JSON.parse(out)).toMatchObject({ job, state: 'Idle' });
});

it('why says in text and as JSON what keeps a slot idle, and how many slots each condition of a job excludes', async () => {
  const pilot = await registeredPilot(line, 'p1');
  const text = (await line.run(['why', 'slot1@pilot-p1'])).out;
  expect(text).toMatch(
    /^slot1@pilot-p1\. 3 jobs wait, but none fits it because the job asks for 64 cores, the slot has 4 cores\.\n/,
  );
  expect(text).toMatch(
    /^It has run nothing for .*; 4 cores and 4096 MiB of memory are free\. It belongs to the group test/m,
  );
  const { out } = await line.run(['why', 'pilot-p1', '-o', 'json']);
  expect(JSON.parse(out)).toMatchObject({ slot: 'slot1@pilot-p1', kind: 'noneFits', reasons: [{ jobs: 3 }] });
  const ofJob = (await line.run(['why', `${cluster}.1`])).out;
  expect(ofJob).toMatch(/^request +64 cores +1 \(1\) +1 \(1\)$/m);
  expect(ofJob).toMatch(/^Nearest: request_cpus = 4 \(such as pilot-p1, test\)\.$/m);
  pilot.cut();
  expect((await line.run(['why', 'slot1@nobody'])).code).toBe(4);
});

it('--reason of release and rm is kept with the job', async () => {
  const job = `${cluster}.2`;
  await line.run(['hold', job, '--reason', 'too early']);
  await line.run(['release', job, '--reason', 'the disk is back']);
  expect((await line.run(['q', job, '--af', 'ReleaseReason'])).out).toContain('the disk is back');
  await line.run(['rm', job, '--reason', 'wrong input']);
  expect((await line.run(['q', job, '--af', 'RemoveReason'])).out).toContain('wrong input');
});

it('history obeys --limit and --constraint', async () => {
  await line.run(['rm', cluster]);
  const ids = async (...more: string[]) => {
    const { out } = await line.run(['history', '-o', 'json', ...more]);
    return (JSON.parse(out) as { id: string }[]).map(({ id }) => id).sort();
  };
  await eventually(async () => expect(await ids()).toHaveLength(3));
  expect(await ids('--limit', '2')).toHaveLength(2);
  expect(await ids('--constraint', 'ProcId == 1')).toEqual([`${cluster}.1`]);
});
