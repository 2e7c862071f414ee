import { expect, it } from 'vitest';
import type { JobView } from '#wire/jobs.ts';
import { destinationsOf } from './destinations.ts';

const file = (name: string) => ({ name, digest: `sha256:${'0'.repeat(64)}`, size: 1, executable: false });

const job = (ad: Record<string, string>, more: Partial<JobView> = {}): JobView => ({
  id: '7.0',
  ad: { Iwd: '"/home/alice/run"', ...ad },
  attempts: [],
  outputs: [],
  ...more,
});

const pathsOf = (view: JobView) => destinationsOf(view).files.map(({ path }) => path);

it('an output that was not asked for stays in the pool, and the owner is told', () => {
  const view = job({ TransferOutput: '"result.txt"' }, { outputs: [file('result.txt'), file('job.sub')] });
  expect(pathsOf(view)).toEqual(['/home/alice/run/result.txt']);
  expect(destinationsOf(view).remarks).toEqual([
    '7.0: job.sub stays in the pool: it is not among the transfer_output_files',
  ]);
});

it('without transfer_output_files, outputs in folders stay in the pool', () => {
  expect(pathsOf(job({}, { outputs: [file('a'), file('.ssh/authorized_keys')] }))).toEqual([
    '/home/alice/run/a',
  ]);
});

it('an output with the name of the event log does not replace it', () => {
  const ad = { UserLog: '"/home/alice/run/job.log"' };
  expect(pathsOf(job(ad, { outputs: [file('job.log')] }))).toEqual([]);
});

it('an output does not replace an event log whose path is spelled differently', () => {
  const ad = { UserLog: '"/home/alice/run/./job.log"' };
  expect(pathsOf(job(ad, { outputs: [file('job.log')], folders: ['job.log'] }))).toEqual([]);
});

it('a stream with the name of the event log gets another name, and the owner is told', () => {
  const ad = { UserLog: '"/home/alice/run/job.log"', Out: '"job.log"', Err: '"./job.log"' };
  const view = job(ad, { stdout: file('_stdout'), stderr: file('_stderr') });
  expect(pathsOf(view)).toEqual(['/home/alice/run/7.0.out', '/home/alice/run/7.0.err']);
  expect(destinationsOf(view).remarks).toEqual([
    '7.0: standard output is in /home/alice/run/7.0.out, because the event log is named job.log',
    '7.0: standard error is in /home/alice/run/7.0.err, because the event log is named ./job.log',
  ]);
});

it('the owner is told when an output replaces another one', () => {
  const ad = { TransferOutput: '"a,b"', TransferOutputRemaps: '"a = x; b = x"' };
  const view = job(ad, { outputs: [file('a'), file('b')] });
  expect(destinationsOf(view).files).toEqual([{ path: '/home/alice/run/x', file: file('b') }]);
  expect(destinationsOf(view).remarks).toEqual([
    '7.0: a stays in the pool: b also goes to /home/alice/run/x',
  ]);
});

it('a stream that gets another name does not take the name of a third file', () => {
  const view = job(
    { Out: '"a"' },
    { outputs: [file('a'), file('7.0.out'), file('7.0.out.1')], stdout: file('_stdout') },
  );
  expect(pathsOf(view).at(-1)).toBe('/home/alice/run/7.0.out.2');
});

it('only the submit file can name absolute paths and parent directories', () => {
  const ad = {
    TransferOutput: '"a,dir/"',
    TransferOutputRemaps: '"a = ../shared/a; b = /data/b"',
    Out: '"/data/out.txt"',
  };
  const view = job(ad, { outputs: [file('a'), file('b'), file('c')], stdout: file('_stdout') });
  expect(pathsOf(view)).toEqual(['/home/alice/shared/a', '/data/b', '/home/alice/run/c', '/data/out.txt']);
});

it('a stream does not replace an output of its job', () => {
  const view = job({ Out: '"a"' }, { outputs: [file('a')], stdout: file('_stdout') });
  expect(pathsOf(view)).toEqual(['/home/alice/run/a', '/home/alice/run/7.0.out']);
});

it('a stream to /dev/null is not delivered', () => {
  expect(pathsOf(job({ Out: '"/dev/null"' }, { stdout: file('_stdout') }))).toEqual([]);
});

it('the results of a job without a directory have no destination', () => {
  expect(destinationsOf(job({ Iwd: 'undefined' }, { outputs: [file('a')] })).directory).toBeUndefined();
});
