import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { GlideinLine } from '#testing/glidein-line.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let line: GlideinLine;
beforeAll(async () => {
  line = await GlideinLine.start();
});
afterAll(() => line.stop());

/** Jobs of 64 cores, so that they wait. @returns their cluster */
async function submit(more = '', queue = 2): Promise<string> {
  const text = `executable = /bin/sh\ntransfer_executable = false\ncontainer_image = x\nrequest_cpus = 64\n${more}\nqueue ${queue}\n`;
  const { out, err } = await line.run(['submit', await line.file('job.sub', text)]);
  const cluster = /cluster (\d+)/.exec(out)?.[1];
  if (cluster === undefined) throw new Error(err);
  return cluster;
}
const priorities = async (...words: string[]) =>
  (await line.run(['q', ...words, '--af', 'JobPrio'])).out.trim().split('\n');

let cluster: string;
beforeEach(async () => {
  cluster = await submit('priority = 3');
});

it.each([
  [['-p', '5'], '5'],
  [['--priority', '-5'], '-5'],
  [['-p', '+5'], '5'],
  [['+4'], '7'],
  [['-4'], '-1'],
  [['--by', '1'], '4'],
  [['--by=-1'], '2'],
])('prio %j gives the jobs of a cluster the priority %s', async (words, priority) => {
  expect(await line.run(['prio', ...words, cluster])).toEqual({
    code: 0,
    out: '2 jobs changed.\n',
    err: '',
  });
  expect(await priorities(cluster)).toEqual([priority, priority]);
});

it('prio changes the jobs that a constraint selects, or all of one’s own', async () => {
  await line.run(['prio', '-p', '8', '-constraint', `ClusterId == ${cluster} && ProcId == 1`]);
  expect(await priorities(cluster)).toEqual(['3', '8']);
  expect((await line.run(['prio', '-p', '1', '-all'])).code).toBe(0);
  expect(new Set(await priorities())).toEqual(new Set(['1']));
  await line.run(['prio', '-p', '2', `${cluster}.0`]);
  expect(await priorities(cluster)).toEqual(['2', '1']);
});

it('prio leaves the jobs of others as they are, and says so', async () => {
  const bob = ['--token-file', await line.file('bob', await line.token('bob', 'submitter'))];
  expect(await line.run(['prio', '-p', '5', cluster, ...bob])).toMatchObject({
    code: 3,
    out: '0 jobs changed.\n',
    err: expect.stringContaining(`job ${cluster}.0 belongs to alice, not to bob`),
  });
  expect(await priorities(cluster)).toEqual(['3', '3']);
});

it.each([
  [['1'], 'no priority is given; write either -p N, or +N or -N'],
  [['-p', '1', '+1', '1'], 'both --priority and --by are given'],
  [['-p', '1.5', '1'], '--priority: "1.5" is not a whole number of 32 bits'],
  [['-p', 'high', '1'], '--priority: "high" is not a whole number'],
  [['-p', '4294967296', '1'], '"4294967296" is not a whole number of 32 bits'],
  [['-p', '1'], 'no job is named'],
  [['-p', '1', '--constraint', '1 +'], '--constraint, column 4'],
  [['--priorty', '1', '1'], 'Did you mean --priority?'],
])('prio %j is refused before anything is sent', async (words, message) => {
  const { code, err } = await line.run(['prio', ...words]);
  expect(code).toBe(2);
  expect(err).toContain(message);
});
