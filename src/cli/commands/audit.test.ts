import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { GlideinLine } from '#testing/glidein-line.ts';
import { PrintedText } from '#testing/piped-terminal.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let line: GlideinLine;
let root: string[];
let bob: string[];

beforeAll(async () => {
  line = await GlideinLine.start();
  root = ['--token-file', await line.file('root', await line.token('root', 'admin'))];
  bob = ['--token-file', await line.file('bob', await line.token('bob', 'submitter'))];
  const text = `executable = /bin/sh\ntransfer_executable = false\ncontainer_image = x\nrequest_cpus = 64\nqueue 2\n`;
  const submit = await line.file('job.sub', text);
  await line.run(['submit', submit]);
  await line.run(['submit', submit, ...bob]);
  await line.run(['hold', '--reason', 'look first', '1.0', '1.1']);
  await line.run(['rm', '1.1', ...bob]);
  await line.run(['rm', '--all', ...root]);
});
afterAll(() => line.stop());

const audit = async (...words: string[]) => (await line.run(['audit', ...words])).out;
/** The third to fifth columns: what somebody did, on what. */
const lines = async (...words: string[]) =>
  (await audit(...words))
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => row.split(/ {2,}/).slice(1, 4).join(' | '));
interface Printed {
  readonly cursor: string;
  readonly what: string;
  readonly at: string;
}
const records = (out: string): Printed[] =>
  out
    .trim()
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as Printed);

it('lists what somebody did on what, the newest last; an administrator sees all of it', async () => {
  expect(await lines(...root)).toEqual([
    'alice | submit | 1 (2 jobs)',
    'bob | submit | 2 (2 jobs)',
    'alice | hold | 1.0-1.1 (2 jobs)',
    'bob | remove (denied) | 1.1',
    'root | remove | all jobs 1.0-1.1,2.0-2.1 (4 jobs)',
  ]);
  expect(await lines()).toEqual([
    'alice | submit | 1 (2 jobs)',
    'alice | hold | 1.0-1.1 (2 jobs)',
    'bob | remove (denied) | 1.1',
    'root | remove | (2 jobs)',
  ]);
});

it.each<[string[], string[]]>([
  [
    ['--who', 'bob'],
    ['submit', 'remove'],
  ],
  [['--what', 'hold'], ['hold']],
  [
    ['--job', '2.1'],
    ['submit', 'remove'],
  ],
  [
    ['--job', '1'],
    ['submit', 'hold', 'remove', 'remove'],
  ],
  [['--from', '127.0.0.1', '--limit', '1'], ['remove']],
  [['--from', '10.9.9.9'], []],
  [
    ['--since', '1h', '--limit', '2'],
    ['remove', 'remove'],
  ],
  [['--since', '2020-01-01T00:00:00Z', '--until', '1h'], []],
])('options of audit choose the records that are shown', async (words, kinds) => {
  expect(records(await audit(...words, ...root, '-o', 'json')).map(({ what }) => what)).toEqual(kinds);
});

it('-o wide shows roles, clients and reasons; yaml and json have everything', async () => {
  expect(await audit('--what', 'hold', '-o', 'wide')).toMatch(/submitter +glidein\/\S+ +look first/);
  expect(await audit('--what', 'hold', '-o', 'yaml')).toMatch(/^- cursor: \S+:3\n {2}at: \d{4}-.*T/);
  const [record] = records(await audit('--what', 'hold', '-o', 'json'));
  expect(record).toMatchObject({
    what: 'hold',
    subject: 'alice',
    owners: { alice: 2 },
    reason: 'look first',
  });
  expect(Date.parse(record!.at)).toBeLessThanOrEqual(Date.now());
});

it('says when there is nothing', async () => {
  expect(await audit('--what', 'drain')).toBe('The audit has no such record.\n');
});

it('--after goes on after a record, as often as one likes', async () => {
  const all = records(await audit(...root, '-o', 'json'));
  const rest = records(await audit('--after', all[2]!.cursor, ...root, '-o', 'json'));
  expect(rest).toEqual(all.slice(3));
  const elsewhere = await line.run(['audit', '--after', 'elsewhere:3', ...root, '-o', 'json']);
  expect(records(elsewhere.out)).toEqual(all);
  expect(elsewhere.err).toMatch(/restored from a backup/);
});

it('--follow goes on with what is done meanwhile', async () => {
  const [out, ending] = [new PrintedText(), new AbortController()];
  const words = ['audit', '--follow', '--who', 'carl', '-o', 'json', ...root];
  const following = line.run(words, { out, signal: ending.signal });
  const carl = ['--token-file', await line.file('carl', await line.token('carl', 'submitter'))];
  await eventually(async () => {
    await line.run(['submit', await line.file('again.sub', again), ...carl]);
    expect(records(out.text)[0]).toMatchObject({ what: 'submit', subject: 'carl' });
  });
  ending.abort();
  await following;
});
const again = `executable = /bin/sh\ntransfer_executable = false\ncontainer_image = x\nrequest_cpus = 64\nqueue\n`;

it.each([
  [['--what', 'dance'], /--what: nothing is called "dance" in the audit.*write one of submit, /s],
  [['--since', 'yesterday'], /--since: "yesterday" is no time.*such as 90m/s],
  [['--after', '3'], /--after: "3" names no record.*-o json shows it/s],
  [['--job', 'x'], /job/],
  [['--limit', '0'], /--limit: "0" is not a number of records/],
  [['--follow', '--until', '1h'], /--until ends/],
  [['--after', 'g:1', '--limit', '3'], /leave out either/],
])('audit %j is refused with advice', async (words, message) => {
  const { code, err } = await line.run(['audit', ...words]);
  expect(code).not.toBe(0);
  expect(err).toMatch(message);
});
