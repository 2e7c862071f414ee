import { expect, test } from 'vitest';
import { effectComplaints } from '../../hack/effect-complaints.ts';
import { effectsNotShown, parseEffectRows } from '../../hack/effect-rows.mjs';

/** Each possible gap is planted in a small table of effects, and the check must name it. */

const source = `
describe('retries', () => {
  test('a job that fails runs again', () => {});
  test.each([
    ['SIGUSR1'],
  ])('the signal %s is sent', () => {});
});
`;
const rows = (text: string) => new Map([['submit', parseEffectRows(text, 'submit.txt')]]);
const subjects = new Map([
  ['submit', [{ name: 'kill_sig' }, { name: 'max_retries' }, { name: 'noop_job', told: 'refused: no' }]],
]);
const complaints = (text: string) =>
  effectComplaints(subjects, rows(text), (file) => (file === 'src/a.test.ts' ? source : undefined));

const whole = `# how it is written
kill_sig
  src/a.test.ts > retries > the signal SIGUSR1 is sent
max_retries
  src/a.test.ts > retries > a job that fails runs again
noop_job
`;

test('the build passes if the table of effects is complete', () => {
  expect(complaints(whole)).toEqual([]);
});

test.each([
  ['a command without a row', ['max_retries\n', ''], 'there is no row "max_retries"'],
  ['a row without a test', ['  src/a.test.ts > retries > a job that fails runs again\n', ''], 'has no test'],
  ['a file that is not there', ['src/a.test.ts > retries > a', 'src/b.test.ts > a'], 'no file src/b.test.ts'],
  ['a test that was renamed', ['runs again', 'runs once more'], 'src/a.test.ts has no test'],
  ['a suite that was renamed', ['retries > a', 'attempts > a'], 'src/a.test.ts has no test'],
  ['a command that is gone', ['max_retries', 'max_tries'], 'there is no "max_tries"'],
  [
    'a test of what is refused',
    ['noop_job\n', 'noop_job\n  src/a.test.ts > retries\n'],
    'told "refused: no"',
  ],
  ['a row out of order', ['kill_sig', 'max_retries'], 'sort the rows'],
])('the build fails because of %s in the table of effects', (_, [from = '', to = ''], message) => {
  expect(complaints(whole.replace(from, to)).join('\n')).toContain(message);
});

const passed = [
  { name: 'src/a.test.ts > retries > a job that fails runs again', state: 'passed' as const },
  { name: 'src/a.test.ts > retries > the signal SIGUSR1 is sent', state: 'passed' as const },
];

test('the build passes if every test of the table that was run has passed', () => {
  expect(effectsNotShown(rows(whole), ['src'], passed)).toEqual([]);
  expect(effectsNotShown(rows(whole), ['test/e2e'], [])).toEqual([]);
});

test.each([
  ['did not run', [], 'not run'],
  ['was skipped', [{ state: 'skipped' as const, detail: 'there is no Apptainer' }], 'there is no Apptainer'],
  ['failed', [{ state: 'failed' as const, detail: 'expected 1 to be 2' }], 'expected 1 to be 2'],
  [
    'failed under one of two equal names',
    [{ state: 'passed' as const }, { state: 'failed' as const }],
    'failed',
  ],
])('the build fails if a test of the table of effects %s', (_, runs, message) => {
  const [first, second] = passed;
  const outcomes = [first!, ...runs.map((run) => ({ ...run, name: second!.name }))];
  expect(effectsNotShown(rows(whole), ['src'], outcomes)).toEqual([
    expect.stringMatching(new RegExp(`^submit.txt:2: the effect of "kill_sig" was not shown: .*${message}`)),
  ]);
});
